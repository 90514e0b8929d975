#pragma once
#include <optional>
#include <string>

#include "cuda_bench/limits.h"

namespace coppice {

/// The least seconds that one of our kernels can take as it moves its data, by its name: the longest of what
/// memory, L2, the multiprocessors' shared memory, tensor cores and FP32 units have to do, plus a launch. Of
/// the ways in which it may cut a layer into blocks the best counts; of the multiprocessors those that then
/// have a block. `weight_bytes`: of the packed weights; where nothing is packed yet, as many as are expected.
/// Empty for a name that is not known.
///
///   packed-spmv  sparse_cuda_limit() with as many blocks as multiprocessors: each reads the inputs anew
///   scatter-mma  words of 4 bytes from memory; L2 feeds K N inputs to every block of rows, and takes and
///                gives the partial sums of blocks that share rows; shared memory takes each word at random,
///                zeroes and reads each element of W once (2 bytes each), takes the inputs, and reads them
///                for every 32 rows; tensor cores do the dense 2 M K N
///   gather-fma   6 bytes a nonzero from memory, and from L2 for every tile of 128 columns; of the inputs L2
///                feeds to a block of rows the columns that it uses; shared memory takes them, and for every
///                nonzero reads N of them and half of a broadcast; FP32 units do 2 density M K N
///   panel-mma    u = 1 - (1 - density)^16 of W in blocks of 16 x 16 bf16 and a byte a column of a panel,
///   from
///                memory, and from L2 for every tile of 128 columns; inputs as gather-fma; shared memory
///                reads 2 u M K N / 16 bytes of them; tensor cores do 2 u M K N
std::optional<TimeLimit> own_cuda_limit(const std::string& kernel, const CudaWork& work,
                                        std::optional<double> weight_bytes, const MachineRates& machine,
                                        CacheState caches);

}  // namespace coppice
