// coppice verify: re-check every invariant of a run from its files.
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/common.h"

namespace coppice {

static const char* outcome_name(Finding::Outcome outcome) {
  switch (outcome) {
    case Finding::Outcome::kOk: return "ok";
    case Finding::Outcome::kSkipped: return "skipped";
    case Finding::Outcome::kBroken: return "BROKEN";
  }
  return "?";
}

static void verify(const std::string& typed, const CommonOptions& common) {
  const std::string folder = find_run(typed, common);
  const std::vector<Finding> findings = verify_run(folder);
  int counts[3] = {};
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::string out;
  for (const Finding& finding : findings) {
    ++counts[static_cast<int>(finding.outcome)];
    rows.push_back(
        {{"check", finding.what}, {"outcome", outcome_name(finding.outcome)}, {"detail", finding.detail}});
    if (finding.outcome != Finding::Outcome::kOk) {
      out += fmt::format("{:8} {}: {}\n", outcome_name(finding.outcome), finding.what, finding.detail);
    }
  }
  out +=
      fmt::format("{}: {} checks passed, {} skipped, {} broken\n", folder, counts[0], counts[1], counts[2]);
  print_result(
      common.json
          ? nlohmann::ordered_json{{"folder", folder}, {"ok", counts[2] == 0}, {"checks", rows}}.dump(2) +
                "\n"
          : out);
  if (counts[2] > 0) throw Failure(fmt::format("{}: {} checks failed", folder, counts[2]));
}

void add_verify(CLI::App& app, const CommonOptions& common) {
  auto run = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("verify", "Re-check every invariant of a run from its files");
  verb->footer(
      "Checks sha256 of every file, exact counts, nesting, pruned weights exactly 0, the rewind point, and "
      "that the\n"
      "survivors of each level follow from the weights of the level before. Exit 1 where something is "
      "broken.\n"
      "Example: coppice verify runs/quickstart-1a2b3c4d");
  verb->add_option("RUN", *run, "A run's folder or name")->required();
  verb->callback([run, &common] { verify(*run, common); });
}

}  // namespace coppice
