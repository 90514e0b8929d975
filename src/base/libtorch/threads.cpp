#include "base/libtorch/threads.h"

#include <ATen/Parallel.h>

namespace coppice {

void set_threads(int threads) { at::set_num_threads(threads); }

int threads_set() { return at::get_num_threads(); }

}  // namespace coppice
