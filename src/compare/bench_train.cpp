#include "compare/bench_train.h"

#include "coppice/error.h"
#include "coppice/train.h"

#include <algorithm>

#include "base/interrupt.h"
#include "train/libtorch/eager_reference.h"

namespace coppice {

namespace {

struct Task {
  std::string network;
  Data data;
  std::string data_text;
  bool real_data = false;
  std::int64_t examples = 0;  // of an epoch; the data may hold fewer
  TrainConfig train;
  std::int64_t steps = 0;  // timed in one sample; 0: an epoch
  int samples = 0;
};

DataConfig synthetic(std::vector<std::int64_t> shape, std::int64_t examples) {
  DataConfig config;
  config.dataset = "synthetic";
  config.synthetic_shape = std::move(shape);
  config.synthetic_examples = examples;
  config.validation = 0;
  return config;
}

Task lenet(bool quick) {
  Task task;
  task.network = "lenet-300-100";
  DataConfig config;
  config.validation = 0;
  try {
    task.data = load_data(config);
    task.data_text = "Fashion-MNIST";
    task.real_data = true;
  } catch (const BadInput&) {
    task.data = load_data(synthetic({1, 28, 28}, 72000));
    task.data_text = "a synthetic task of Fashion-MNIST's size, which was not found";
  }
  task.examples = task.data.count(Split::kTrain);
  task.train.batch = 128;
  task.train.learning_rate = 0.1;
  task.steps = quick ? 100 : 0;
  task.samples = quick ? 5 : 15;
  return task;
}

Task resnet(bool quick) {
  Task task;
  task.network = "resnet-20";
  task.data = load_data(synthetic({3, 32, 32}, 3072));
  task.data_text = "CIFAR-10's size, synthetic";
  task.examples = 50000;
  task.train.batch = 128;
  task.train.learning_rate = 0.1;
  task.train.momentum = 0.9;
  task.train.weight_decay = 1e-4;
  task.steps = quick ? 2 : 8;
  task.samples = quick ? 3 : 8;
  return task;
}

Interval scaled(Interval interval, double factor) {
  return {interval.median * factor, interval.low * factor, interval.high * factor};
}

TrainTiming time_task(const Task& task, const Device& device, const Calibration& calibration) {
  const Network network = build_network(task.network, task.data.pool.image, task.data.classes);
  const auto engine = make_engine(network, task.data, task.train, device);
  engine->load(initialise(network, "kaiming-normal", "ones", 1), {}, 1, 0);
  const auto eager = make_eager_reference(network, task.data, task.train);
  TrainTiming timing;
  timing.network = task.network;
  timing.data = task.data_text;
  timing.real_data = task.real_data;
  timing.examples = task.examples;
  timing.batch = task.train.batch;
  timing.steps_per_epoch = (task.examples + task.train.batch - 1) / task.train.batch;
  timing.steps_timed = task.steps ? task.steps : timing.steps_per_epoch;
  timing.samples = task.samples;
  timing.engine = engine->name();

  std::int64_t done = 0;
  AlternateOptions options;
  options.samples = task.samples;
  options.between_runs = [] {
    if (interrupted()) throw Interrupted("interrupted while measuring");
  };
  const Alternation result = alternate({{"coppice",
                                         [&] {
                                           engine->train(done, done + timing.steps_timed);
                                           done += timing.steps_timed;
                                         }},
                                        {"eager", [&] { eager->run_steps(timing.steps_timed); }}},
                                       options);
  const double factor = static_cast<double>(timing.steps_per_epoch) / static_cast<double>(timing.steps_timed);
  timing.coppice = scaled(result.series[0].time, factor);
  timing.eager = scaled(result.series[1].time, factor);
  timing.speedup = result.ratio(1, 0);
  timing.epoch_flops = training_flops(network) * static_cast<double>(task.examples);
  timing.limit_s = timing.epoch_flops / (1e9 * calibration.peak_gflops);
  return timing;
}

}  // namespace

std::vector<TrainTiming> bench_train(const Calibration& machine, const TrainBenchOptions& options) {
  const Device device = resolve_device("cpu", options.threads);
  std::vector<TrainTiming> timings;
  for (const auto make : {lenet, resnet}) {
    const Task task = make(options.quick);
    if (options.on_case) options.on_case("training " + task.network);
    timings.push_back(time_task(task, device, machine));
  }
  return timings;
}

}  // namespace coppice
