#pragma once
#include <cstdint>

#include "cuda_bench/machine_rates.h"
#include "kernels/cuda/candidate.h"
#include "measure/limits.h"

namespace coppice {

/// What a layer asks of a GPU for one batch, dense and sparse; a convolution is the product that it stands
/// for, less that each input element is read from memory once.
struct CudaWork {
  kernels::LayerShape shape;
  std::int64_t images = 1;
  kernels::Precision precision = kernels::Precision::kFp32;
  double flops = 0;  ///< 2 M K N of the dense product: M outputs, K weights of each, N columns.
  double dense_flops =
      0;                ///< What a dense kernel needs of it: in FP32, Winograd saves 5 of 9 in 3x3 windows.
  double outputs = 0;   ///< M
  double density = 1;   ///< Of the weights.
  double weights = 0;   ///< M K
  double gathered = 0;  ///< density M K N: activations that a sparse kernel looks up.
  double vector = 0;    ///< N: activations that lie side by side for one nonzero.
  double input_bytes = 0;  ///< Once: s K N of a linear layer, s bytes each.
  double output_bytes = 0;
};
CudaWork cuda_work(const kernels::LayerShape& shape, std::int64_t images, double density,
                   kernels::Precision precision);

/// Whether what a run touches comes from memory (goes round more than L2 holds) or was left in L2.
enum class CacheState { kCold, kWarm };
const char* cache_state_name(CacheState state);  ///< "cold", "warm"

// The least seconds that a kernel can take, and what sets them: "HBM", "L2", "shared memory", "fp32 units",
// "tensor cores", or "launch" where that is more than all work. One launch is added to the longest of the
// others; of sparse kernels one that overlaps the launch before, where the device can, as ours may. "Main
// memory" below is L2 where caches are warm and all the data fit.

/// max{ all bytes once / main memory ; dense flops / P }, P the precision's dense rate.
TimeLimit dense_cuda_limit(const CudaWork& work, const MachineRates& machine, CacheState caches);

/// A kernel that looks activations up one by one, in blocks of so many rows, with so many bytes of weights:
/// max{ all bytes once / main memory ; s density M K N / shared memory ; s K N ceil(M / rows) / L2 ;
///      2 density M K N / fp32 }.
/// Of shared memory a lookup takes a word at least, and less than 16 bytes side by side only the rate of
/// gathers.
TimeLimit sparse_cuda_limit(const CudaWork& work, double weight_bytes, std::int64_t rows_per_block,
                            const MachineRates& machine, CacheState caches);

/// A kernel that multiplies panels of so many rows on tensor cores, over the union of their columns, a
/// fraction u = 1 - (1 - density)^panel of all:
/// max{ all bytes once / main memory ; s u M K N / (panel shared memory) ; s K N ceil(M / rows) / L2 ;
///      2 u M K N / mma.sync }.
TimeLimit panel_cuda_limit(const CudaWork& work, double weight_bytes, std::int64_t rows_per_block,
                           std::int64_t panel, const MachineRates& machine, CacheState caches);

/// Bytes of weights as the leanest sparse formats of each precision have them, for predictions before
/// anything is packed: 4 a nonzero in bf16 (value and 16-bit column), 6 in fp32 and tf32.
double lean_weight_bytes(const CudaWork& work);

/// The lowest of the two for blocks of the most rows whose FP32 sums fit a multiprocessor's registers in
/// tiles of 64 columns, and panels of 16, 32 and 64 rows: what no sparse kernel beats. In fp32 tensor cores
/// have no part.
TimeLimit best_sparse_cuda_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                                 CacheState caches);

}  // namespace coppice
