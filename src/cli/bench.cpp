// coppice bench: kernels alone, whole networks, and training, each beside the strongest baseline and the
// limit.
#include "coppice/error.h"
#include "coppice/train.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/libtorch/threads.h"
#include "base/machine.h"
#include "base/text.h"
#include "cli/bench_cuda.h"
#include "cli/bench_options.h"
#include "cli/common.h"
#include "compare/bench_json.h"
#include "compare/bench_networks.h"
#include "compare/bench_suites.h"
#include "measure/calibration_cache.h"
#include "report/bench_table.h"
#include "report/networks_table.h"
#include "report/train_table.h"

namespace coppice {

using Json = nlohmann::ordered_json;

namespace {

/// What a benchmark says, in both forms.
struct Outcome {
  std::string text;
  Json json = Json::object();
};

/// One benchmark under way.
class Bench {
 public:
  Bench(const BenchOptions& options, const CommonOptions& common) : options_(options), quiet_(common.quiet) {
    // Bad input is told before anything is measured.
    if (!options.weights.empty()) {
      file_ = options.read_weights_file();
      cases_ = weight_cases(options, file_);
    } else if (options.suite.empty()) {
      cases_ = shape_cases(options);
    }
    settings_ = bench_settings(resolve_device("cpu", common.threads).threads, options.quick);
    set_threads(settings_.threads);
    say("calibrating");
    // The limit belongs to the same run; a quick look may have that of the last day.
    machine_ = calibration(settings_.threads, !options.quick);
  }

  Outcome run() {
    Outcome outcome = options_.suite == "train"      ? train()
                      : options_.suite == "sweep"    ? sweep()
                      : options_.suite == "networks" ? networks()
                      : !options_.suite.empty()      ? suite()
                      : options_.weights.empty()     ? layers(cases_)
                                                     : weights();
    outcome.text = to_text(machine_) + "\n\n" + outcome.text;
    Json json = {{"suite", options_.suite.empty() ? "layers" : options_.suite},
                 {"machine", to_json(this_machine())},
                 {"threads", settings_.threads},
                 {"calibration", to_json(machine_)}};
    json.update(outcome.json);
    outcome.json = std::move(json);
    return outcome;
  }

 private:
  void say(const std::string& what) const {
    if (!quiet_) fmt::print(stderr, "{} ...\n", what);
  }

  std::vector<LayerTiming> time(const std::vector<BenchCase>& cases, const std::string& of_all = "") const {
    std::vector<LayerTiming> timings;
    for (const BenchCase& one : cases) {
      say(fmt::format("[{}/{}{}] {}", timings.size() + 1, cases.size(), of_all, one.text));
      timings.push_back(time_case(one, machine_, settings_));
    }
    return timings;
  }

  Outcome suite() const { return layers(suite_cases(options_.suite, options_.densities(), options_.quick)); }

  Outcome layers(const std::vector<BenchCase>& cases) const {
    const std::vector<LayerTiming> timings = time(cases);
    Outcome outcome{layers_table(timings)};
    for (const LayerTiming& timing : timings) outcome.json["results"].push_back(to_json(timing));
    return outcome;
  }

  Outcome weights() const {
    Outcome outcome = layers(cases_);
    outcome.text = weights_note(options_.weights, file_) + "\n" + outcome.text;
    outcome.json["weights"] = options_.weights;
    outcome.json["shapes_from"] = file_.shapes_from;
    outcome.json["skipped"] = Json::array();
    for (const SkippedTensor& skipped : file_.skipped) outcome.json["skipped"].push_back(to_json(skipped));
    return outcome;
  }

  Outcome sweep() const {
    const auto cases = sweep_cases(options_.density, options_.quick);
    std::vector<Sweep> sweeps;
    for (const auto& one : cases) {
      sweeps.push_back(sweep_of(time(one, fmt::format(", layer {}/{}", sweeps.size() + 1, cases.size()))));
    }
    Outcome outcome{sweeps_table(sweeps)};
    for (const Sweep& one : sweeps) outcome.json["results"].push_back(to_json(one));
    return outcome;
  }

  Outcome networks() const {
    std::vector<NetworkTiming> timings;
    const auto cases = network_cases(options_.density, options_.quick);
    for (const NetworkCase& one : cases) {
      say(fmt::format("[{}/{}] {}", timings.size() + 1, cases.size(), one.text()));
      timings.push_back(time_network(one, machine_, settings_));
    }
    Outcome outcome{networks_table(timings)};
    for (const NetworkTiming& timing : timings) outcome.json["results"].push_back(to_json(timing));
    return outcome;
  }

  Outcome train() const {
    TrainBenchOptions train_options;
    train_options.threads = settings_.threads;
    train_options.quick = options_.quick;
    train_options.on_case = [this](const std::string& what) { say(what); };
    const std::vector<TrainTiming> timings = bench_train(machine_, train_options);
    Outcome outcome{train_table(timings)};
    for (const TrainTiming& timing : timings) outcome.json["results"].push_back(to_json(timing));
    return outcome;
  }

  const BenchOptions& options_;
  bool quiet_;
  WeightsFile file_;              ///< Of --weights.
  std::vector<BenchCase> cases_;  ///< Of --shape or --weights.
  BenchSettings settings_;
  Calibration machine_;
};

}  // namespace

void add_bench(CLI::App& app, const CommonOptions& common) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* bench = add_bench_options(app, *options);
  bench->callback([&common, options] {
    if (common.device.starts_with("cuda")) return bench_on_cuda(*options, common);
    if (common.device != "auto" && common.device != "cpu")
      throw BadInput(fmt::format("--device is '{}'; it must be auto, cpu, cuda or cuda:N", common.device));
    check(*options);
    const Outcome outcome = Bench(*options, common).run();
    print_result(common.json ? outcome.json.dump(2) + "\n" : outcome.text);
  });
}

}  // namespace coppice
