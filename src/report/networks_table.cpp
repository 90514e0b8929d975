#include "report/networks_table.h"

#include <fmt/format.h>

#include "base/table.h"

namespace coppice {

std::string networks_table(const std::vector<NetworkTiming>& timings) {
  Table table({"network", "batch", "density", "pruned", "plan ms", "runs", "dense ms", "dense kernel",
               "speedup", "95%", "slim ms", "over slim", "95%", "all sparse", "95%", "limit", "attained"});
  const auto range = [](const Interval& interval) {
    return fmt::format("{:.2f}-{:.2f}", interval.low, interval.high);
  };
  const auto factor = [](double value) { return fmt::format("{:.2f}x", value); };
  const auto ms = [](const Interval& seconds) { return fmt::format("{:.4g}", 1e3 * seconds.median); };
  for (const NetworkTiming& timing : timings) {
    const ModelComparison &plan = timing.chosen, &sparse = timing.forced_sparse;
    table.add_row({timing.what.network, std::to_string(timing.what.batch),
                   fmt::format("{:g}%", 100 * timing.what.density),
                   timing.what.global ? "global" : "per layer", ms(plan.plan), plan.runs, ms(plan.dense),
                   plan.dense_kernel, factor(plan.speedup.median), range(plan.speedup), ms(plan.slim),
                   factor(plan.slim_speedup.median), range(plan.slim_speedup), factor(sparse.speedup.median),
                   range(sparse.speedup), factor(plan.limit_speedup),
                   fmt::format("{:.0f}%", 100 * plan.attained)});
  }
  return "Whole networks, kaiming-normal weights pruned by magnitude, not trained. speedup: of the plan over "
         "the\n"
         "unpruned network in LibTorch's fastest way; over slim: over the same without dead units; all "
         "sparse: of\n"
         "the plan whose every layer is on a sparse kernel, over the unpruned network.\n\n" +
         table.text();
}

}  // namespace coppice
