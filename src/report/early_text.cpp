#include "report/early_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

std::string early_text(const Ticket& ticket) {
  if (!ticket.without_dense) return "";
  const Expense& cost = *ticket.without_dense;
  std::string out = fmt::format("Without the dense reference: {} of training, {} steps",
                                duration_text(cost.time_s), grouped(cost.steps));
  if (cost.energy.known()) out += ", " + energy_text(cost.energy);
  out += ".";
  if (!ticket.regret) return out + "\n";
  const Regret& regret = *ticket.regret;
  const std::string energy =
      regret.energy_ratio ? fmt::format(", {:.3f} of its energy", *regret.energy_ratio) : "";
  return out +
         fmt::format(
             " That is {:.3f} of the full search's steps ({:.3f} of those down to its ticket), {:.3f} of its "
             "time{}; regret on test {:+.2f} pp, {:+} level{} ({}).\n",
             regret.steps_ratio, regret.steps_ratio_to_ticket, regret.time_ratio, energy, regret.accuracy_pp,
             regret.levels, regret.levels == 1 || regret.levels == -1 ? "" : "s", regret.run);
}

}  // namespace coppice
