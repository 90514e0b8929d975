// Every criterion through the program: it prunes exactly, the same again, and verify repeats it.
#include "coppice/checkpoint.h"
#include "coppice/prune.h"

#include <functional>

#include "e2e/fixture.h"

namespace coppice {
namespace {

class Criteria : public Search {
 protected:
  std::string search(const std::string& criterion, std::vector<std::string> more = {},
                     const std::string& runs = "runs") const {
    more.insert(more.end(), {"--set", "prune.criterion=" + criterion});
    return prune("c.toml", more, runs);
  }

  /// The outcomes of verify's check that the survivors are those the scores give, by level from 1 on.
  std::vector<std::string> survivors(const std::string& run) const {
    const Outcome outcome = coppice({"verify", run, "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    std::vector<std::string> outcomes;
    const Json report = Json::parse(outcome.out);
    for (const Json& finding : report.at("checks")) {
      if (finding.at("check").get<std::string>().ends_with(": survivors"))
        outcomes.push_back(finding.at("outcome").get<std::string>());
    }
    return outcomes;
  }

  void change(const std::string& file, const std::function<void(Json&)>& edit) const {
    Json json = Json::parse(content_of(file));
    edit(json);
    std::ofstream(file) << json;
  }

  void SetUp() override {
    write("c.toml", small_config() + "score_examples = 100\n");
    quick = {"--set", "train.length=1ep", "--set", "prune.levels=2", "--set", "retrain.rewind_to=3it"};
  }
  std::vector<std::string> quick;
};

TEST_F(Criteria, EachPrunesExactlyAndIsVerified) {
  for (const std::string& criterion : criterion_names()) {
    const std::string run = search(criterion, quick);
    const std::int64_t all = kept(read_masks(run + "/level-00/mask.safetensors"));
    const std::int64_t one = all - all / 5;
    EXPECT_EQ(kept(read_masks(run + "/level-01/mask.safetensors")), one) << criterion;
    EXPECT_EQ(kept(read_masks(run + "/level-02/mask.safetensors")), one - one / 5) << criterion;
    EXPECT_EQ(survivors(run), (std::vector<std::string>{"ok", "ok"})) << criterion;
  }
}

TEST_F(Criteria, ScopesAndRoundsAreVerifiedToo) {
  for (const char* scope : {"erk", "layer"}) {
    std::vector<std::string> more = quick;
    more.insert(more.end(), {"--set", std::string("prune.scope=") + scope, "--set", "prune.score_rounds=3"});
    EXPECT_EQ(survivors(search("snip", more)), (std::vector<std::string>{"ok", "ok"})) << scope;
  }
}

TEST_F(Criteria, GoingOnEqualsOneRun) {
  const std::vector<std::string> deeper = {"--set", "train.length=1ep", "--set", "prune.levels=3"};
  search("taylor", {"--set", "train.length=1ep", "--set", "prune.levels=1"});
  expect_same_tensors(search("taylor", deeper), search("taylor", deeper, "other"));
}

TEST_F(Criteria, VerifySaysWhatItCannotRepeat) {
  const std::string snip = search("snip", quick), magnitude = search("magnitude", quick);
  for (const std::string& run : {snip, magnitude})
    change(run + "/run.json", [](Json& json) { json["data"]["sha256"] = "another data set's"; });
  EXPECT_EQ(survivors(snip), (std::vector<std::string>{"skipped", "skipped"}));
  EXPECT_EQ(survivors(magnitude), (std::vector<std::string>{"ok", "ok"}));  // looks at weights alone
  EXPECT_NE(coppice({"verify", snip}).out.find("needs the run's data"), std::string::npos);
  const std::string flow = search("synflow", quick);
  change(flow + "/run.json", [](Json& json) { json["data"]["sha256"] = "another data set's"; });
  EXPECT_EQ(survivors(flow), (std::vector<std::string>{"ok", "ok"}));  // needs no data
  change(flow + "/run.json", [](Json& json) { json["machine"]["cpu"] = "another processor"; });
  EXPECT_EQ(survivors(flow), (std::vector<std::string>{"skipped", "skipped"}));
  EXPECT_NE(coppice({"verify", flow}).out.find("another processor"), std::string::npos);
}

}  // namespace
}  // namespace coppice
