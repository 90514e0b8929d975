#pragma once
#include <cstdint>
#include <string>

#include "kernels/layer.h"
#include "measure/calibrate.h"

namespace coppice {

/// What computing a layer once takes, dense and sparse. Work, not time: multiply-adds count two operations,
/// every operand is read and every result written once.
struct Work {
  double dense_flops = 0;       ///< 2 M K N: M outputs, K inputs of each, N columns (batch or pixels).
  double sparse_flops = 0;      ///< 2 nnz N.
  double dense_bytes = 0;       ///< 4 M K: the dense weights.
  double packed_bytes = 0;      ///< b nnz: the sparse weights as the kernel stores them.
  double activation_bytes = 0;  ///< Inputs and outputs: 4 N (K + M), less where convolution windows overlap.
  int vectors = 1;              ///< T: vectors of activations that one nonzero is multiplied with.
  bool aligned = true;          ///< Their loads never cross a cache line.
  bool tile_fits_l1 = true;     ///< The activations that a nonzero reaches stay in the first level.
};

/// The work of a product [M x K] [K x N] with nnz nonzeros of b bytes each.
Work product_work(double outputs, double inputs, double columns, double nonzeros,
                  double bytes_per_nonzero = 8);

/// The work of a layer on so many images: K as its weight matrix has columns, N all output pixels; of the
/// activations each element once, however many windows it lies in.
Work layer_work(const kernels::Layer& layer, std::int64_t images, std::int64_t packed_bytes);

/// The least time that something can take, and what sets it: "compute", or the memory level that is read from
/// ("L1": the load units).
struct TimeLimit {
  double seconds = 0;
  std::string resource;
};

/// t_dense >= max(2 M K N / peak, (4 M K + 4 N (K + M)) / BW).
/// Here and below peak is that of all calibrated threads, and BW the bandwidth of the nearest level that
/// holds the whole working set (the numerator), DRAM where no cache does.
TimeLimit dense_limit(const Work& work, const Calibration& machine);

/// t_sparse >= max(2 nnz N / peak,                                      multiply-add units
///                 nnz N / (lanes x fed x f x threads),                 load units
///                 2 nnz N / (F x fed / fed of the calibration),        the same as measured: F = fed_gflops
///                 4 nnz N / BW_L2           where the tile is larger than L1,
///                 (b nnz + 4 N (K + M)) / BW)
/// lanes: floats in a vector of the calibrated instruction set; f: the clock; fed: multiply-adds that two
/// loads a cycle feed, 2 T / (a T + 1), since a nonzero takes one load and each of its T vectors another,
/// which costs a = 1 slot aligned and 1 + (vector bytes / 64) where unaligned loads cross lines.
TimeLimit sparse_limit(const Work& work, const Calibration& machine);

/// S_max = t_dense limit / t_sparse limit: what a perfect sparse kernel would gain over a perfect dense one.
double limit_speedup(const Work& work, const Calibration& machine);

/// t_limit / t_measured, at most 1 but for errors of the calibration.
double attained(const TimeLimit& limit, double measured_s);

/// d* = R_sparse / R_dense, at most 1: the density below which sparse is faster, if the sparse kernel keeps
/// its rate on the nonzeros, 2 nnz N / t_sparse, and the dense one its 2 M K N / t_dense.
double break_even_density(const Work& work, double dense_s, double sparse_s);
/// The same predicted from both limits.
double break_even_density(const Work& work, const Calibration& machine);

}  // namespace coppice
