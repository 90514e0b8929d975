#include "train/libtorch/threads.h"

#include <ATen/Parallel.h>

namespace coppice {

void set_threads(int threads) { at::set_num_threads(threads); }

}  // namespace coppice
