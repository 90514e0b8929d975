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
///   scatter-mma  words of 4 bytes from memory. Shared memory takes, gives and scatters each, then erases it
///                or clears its tile; it gives the dense tiles, 2 bytes an element, once; it takes the inputs
///                for every block of rows and gives them to every 64 rows. Tensor cores do 2 M K N of the
///                columns that a block of rows uses
///   gather-fma   entries of 8 bytes from memory, and from L2 for every tile of up to 128 columns. Shared
///                memory takes them, and for every nonzero gives a tile's inputs and half a broadcast of 128
///                bytes; it takes the inputs for every block of rows. FP32 units do 2 density M K N
///   panel-mma    u = 1 - (1 - density)^16 of W in blocks of 16 x 16, whose nonzeros are in records of 144
///                bytes for up to 32: from memory, and from L2 for every tile of up to 128 columns. Shared
///                memory gives 2 u M K N / 16 bytes of inputs, and two words a lane for a record and tile; it
///                takes the inputs for every block of rows. Tensor cores do 2 u M K N
///   conv-fma     entries of 8 bytes from memory, and from L2 for every tile of up to 128 outputs of a
///   channel
///                (256 in bf16). Shared memory takes them and, for every block of rows, the patches of the
///                input that tiles cover, without what is padding; for every nonzero it gives a tile's
///                inputs, s bytes each, and half a broadcast. FP32 units do 2 density M K N
///   conv-mma     records as panel-mma's, for every tile of up to 256 outputs of a channel, and patches as
///                conv-fma. Shared memory gives 2 u M K N / 16 bytes of inputs, and two words a lane for a
///                record and tile. Tensor cores do 2 u M K N
///   conv-pixels  as conv-fma with tiles of one image, inputs in shared memory as floats, without broadcasts
/// L2 gives every block of rows the inputs that it uses, and takes and gives the sums of blocks that share
/// rows. N is counted in whole tiles, and nonzeros as if they lay anywhere: a skewed mask may need less.
/// Empty too for convolutions larger than our kernels count (kernels/cuda/patches/patches.h).
std::optional<TimeLimit> own_cuda_limit(const std::string& kernel, const CudaWork& work,
                                        std::optional<double> weight_bytes, const MachineRates& machine,
                                        CacheState caches);

}  // namespace coppice
