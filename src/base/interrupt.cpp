#include "base/interrupt.h"

#include <csignal>

namespace coppice {

static volatile std::sig_atomic_t arrived = 0;

static void on_signal(int number) {
  if (arrived) {  // the second one: the user means it
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  arrived = 1;
}

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() { return arrived != 0; }

}  // namespace coppice
