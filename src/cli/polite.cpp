#include "cli/polite.h"

#include <cstdlib>
#include <unistd.h>

namespace coppice {

void restart_with_short_spins(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  if (::setenv("GOMP_SPINCOUNT", "2000", 1) != 0) return;
  ::execv("/proc/self/exe", argv);  // comes back only where it failed, and then training is merely slower
}

}  // namespace coppice
