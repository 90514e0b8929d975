#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "compare/layer_comparison.h"
#include "measure/calibrate.h"

namespace coppice {

/// A layer to be timed alone, on random activations.
struct BenchCase {
  std::string name;  ///< Empty: its shape says it all.
  std::int64_t images = 1;
  bool cold = false;                      ///< The caches are emptied before every run.
  std::function<kernels::Layer()> layer;  ///< Called when its turn comes: many together may be large.
  std::string text;                       ///< What is timed, in words, for progress.
};

BenchCase random_case(const kernels::LayerShape& shape, std::int64_t images, double density,
                      bool cold = false);

struct LayerTiming {
  LayerComparison comparison;  ///< Its speedup is between kernels alone, each in the layout it likes.
  double dense_weight_bytes = 0;
  std::string weights_lie;  ///< "L2", ... : the nearest level that holds the dense weights; "DRAM".
  /// Bytes that were read between runs, to displace everything from the caches; 0 where they stay warm.
  std::int64_t displaced_bytes = 0;
};

struct BenchSettings {
  int threads = 1;
  double seconds_per_way = 0.02;  ///< For the choice of the fastest.
  SampleOptions samples;          ///< Taken after it.
};

/// Fewer and shorter samples where `quick`.
BenchSettings bench_settings(int threads, bool quick);

/// Surveys all kernels on the layer, then times the fastest variant of each anew. Throws Interrupted on
/// Ctrl-C.
LayerTiming time_case(const BenchCase& bench_case, const Calibration& machine, const BenchSettings& settings);

}  // namespace coppice
