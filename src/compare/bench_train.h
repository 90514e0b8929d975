#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "measure/alternate.h"
#include "measure/calibrate.h"

namespace coppice {

/// One network, trained by Coppice's engine and by plain LibTorch in turn.
struct TrainTiming {
  std::string network;
  std::string data;        ///< What it was trained on, in words.
  bool real_data = false;  ///< Not synthetic.
  std::int64_t examples = 0, batch = 0;
  std::int64_t steps_per_epoch = 0;
  std::int64_t steps_timed = 0;  ///< In one sample; seconds are scaled up to an epoch.
  std::int64_t samples = 0;
  std::string engine;
  Interval coppice, eager;  ///< Seconds per epoch.
  Interval speedup;         ///< Eager over Coppice, paired.
  double epoch_flops = 0;
  double limit_s = 0;  ///< epoch_flops at the calibrated peak.
};

struct TrainBenchOptions {
  int threads = 1;
  bool quick = false;
  std::function<void(const std::string& what)> on_case;  ///< Told before each.
};

/// LeNet-300-100 on Fashion-MNIST (or synthetic images of the same size, where it is not installed) and
/// ResNet-20 on synthetic images of CIFAR-10's size, batch 128. Throws Interrupted on Ctrl-C.
std::vector<TrainTiming> bench_train(const Calibration& machine, const TrainBenchOptions& options);

}  // namespace coppice
