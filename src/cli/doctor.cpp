#include <algorithm>

#include <fmt/format.h>

#include "cli/common.h"
#include "cli/examine.h"

namespace coppice {

/// One line a fact, remedies below what they are about.
static std::string as_text(const Examination& examination) {
  std::size_t width = 0;
  for (const Fact& fact : examination.facts) width = std::max(width, fact.about.size());
  std::string text;
  for (const Fact& fact : examination.facts) {
    text += fmt::format("{} {:<{}}  {}\n", fact.there ? "ok" : "--", fact.about, width, fact.what);
    if (!fact.remedy.empty()) text += fmt::format("   {:<{}}  -> {}\n", "", width, fact.remedy);
  }
  return text;
}

void add_doctor(CLI::App& app, const CommonOptions& common) {
  CLI::App* doctor =
      app.add_subcommand("doctor", "What this machine can run and measure, and what to do about the rest");
  doctor->callback([&common] {
    const Examination examination = examine(common.runs);
    print_result(common.json ? examination.json.dump(2) + "\n" : as_text(examination));
  });
}

}  // namespace coppice
