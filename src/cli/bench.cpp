#include "coppice/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/bench_train.h"
#include "cli/common.h"
#include "report/table.h"

namespace coppice {

namespace {

nlohmann::ordered_json as_json(const Interval& interval) {
  return {{"median", interval.median}, {"low", interval.low}, {"high", interval.high}};
}

nlohmann::ordered_json as_json(const TrainTiming& timing) {
  const auto side = [&](const std::string& engine, const Interval& epoch) {
    return nlohmann::ordered_json{
        {"engine", engine}, {"epoch_s", as_json(epoch)}, {"attained", timing.limit_s / epoch.median}};
  };
  return {{"network", timing.network},
          {"data", timing.data},
          {"real_data", timing.real_data},
          {"examples", timing.examples},
          {"batch", timing.batch},
          {"steps_per_epoch", timing.steps_per_epoch},
          {"steps_timed", timing.steps_timed},
          {"scaled", timing.steps_timed != timing.steps_per_epoch},
          {"samples", timing.samples},
          {"coppice", side(timing.engine, timing.coppice)},
          {"eager", side("libtorch eager", timing.eager)},
          {"speedup", as_json(timing.speedup)},
          {"epoch_flops", timing.epoch_flops},
          {"limit_s", timing.limit_s}};
}

std::string as_text(const TrainBench& bench) {
  const Calibration& machine = bench.calibration;
  std::string text = fmt::format(
      "Training, seconds per epoch: median and 95% interval, alternated with plain LibTorch eager\n"
      "{}\n\n",
      to_text(machine));
  Table table({"network", "engine", "s/epoch", "95% interval", "of limit", "speedup", "95% interval"});
  std::string notes;
  for (const TrainTiming& timing : bench.timings) {
    const auto interval = [](const Interval& i, int digits) {
      return fmt::format("{:.{}f} to {:.{}f}", i.low, digits, i.high, digits);
    };
    const auto row = [&](const std::string& name, const std::string& engine, const Interval& epoch) {
      return std::vector<std::string>{name, engine, fmt::format("{:.3f}", epoch.median), interval(epoch, 3),
                                      fmt::format("{:.0f}%", 100 * timing.limit_s / epoch.median)};
    };
    std::vector<std::string> own = row(timing.network, "coppice " + timing.engine, timing.coppice);
    own.push_back(fmt::format("{:.2f}x", timing.speedup.median));
    own.push_back(interval(timing.speedup, 2));
    table.add_row(own);
    table.add_row(row("", "libtorch eager", timing.eager));
    table.add_row({"", "FLOP limit", fmt::format("{:.3f}", timing.limit_s)});
    notes += fmt::format("{}: batch {}, {} examples of {}; {}\n", timing.network, timing.batch,
                         timing.examples, timing.data,
                         timing.steps_timed == timing.steps_per_epoch
                             ? fmt::format("{} whole epochs of each timed", timing.samples)
                             : fmt::format("{} times {} steps of each timed, scaled to {} steps",
                                           timing.samples, timing.steps_timed, timing.steps_per_epoch));
  }
  return text + table.text() + "\n" + notes;
}

}  // namespace

void add_bench(CLI::App& app, const CommonOptions& common) {
  struct Options {
    std::string suite = "train";
    bool quick = false;
  };
  CLI::App* bench =
      app.add_subcommand("bench", "Times training beside plain LibTorch and the machine's limit");
  const auto options = std::make_shared<Options>();
  bench->add_option("--suite", options->suite, "What to time: train")
      ->check(CLI::IsMember({"train"}))
      ->capture_default_str();
  bench->add_flag("--quick", options->quick, "Fewer samples of fewer steps");
  bench->callback([&common, options] {
    if (common.device.starts_with("cuda")) throw BadInput("--device: bench --suite train runs on the CPU");
    const TrainBench result = bench_train({common.threads, options->quick, common.quiet});
    if (!common.json) return print_result(as_text(result));
    nlohmann::ordered_json json = {{"suite", "train"},
                                   {"threads", result.calibration.threads},
                                   {"calibration", to_json(result.calibration)}};
    for (const TrainTiming& timing : result.timings) json["results"].push_back(as_json(timing));
    print_result(json.dump(2) + "\n");
  });
}

}  // namespace coppice
