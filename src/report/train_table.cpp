#include "report/train_table.h"

#include <fmt/format.h>

#include "base/table.h"

namespace coppice {

std::string train_table(const std::vector<TrainTiming>& timings) {
  Table table({"network", "engine", "s/epoch", "95% interval", "of limit", "speedup", "95% interval"});
  std::string notes;
  for (const TrainTiming& timing : timings) {
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
  return "Training, seconds per epoch: median and 95% interval, alternated with plain LibTorch eager\n\n" +
         table.text() + "\n" + notes;
}

}  // namespace coppice
