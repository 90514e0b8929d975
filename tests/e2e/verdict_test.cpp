// Controls and the verdict from outside: what the files, the tables and verify say of them.
#include <filesystem>

#include "e2e/fixture.h"

namespace coppice {
namespace {

class Verdict : public Search {
 protected:
  /// Three replicates of two levels with both controls; everything matches, so that the ticket is level 2.
  std::string judged() const {
    write("c.toml", small_config());
    return prune("c.toml",
                 {"--set", "replicates=3", "--set", "prune.levels=2", "--set", "search.tolerance_pp=100",
                  "--set", "control.reinit=true", "--set", "control.shuffle=true"});
  }
};

TEST_F(Verdict, StandsInTheTicketWithItsNumbers) {
  const std::string run = judged();
  const Json ticket = json_of(run + "/ticket.json");
  EXPECT_EQ(ticket.at("level"), 2);
  EXPECT_EQ(ticket.at("to_dense").at("replicates"), 3);
  ASSERT_EQ(ticket.at("controls").size(), 2u);
  double means[2] = {};
  for (const int control : {0, 1}) {
    const Json& one = ticket.at("controls").at(control);
    const std::string name = control == 0 ? "reinit" : "shuffle";
    EXPECT_EQ(one.at("against"), name);
    for (const std::string replicate : {"", "/replicate-02", "/replicate-03"}) {
      means[control] += json_of(run + replicate + "/control-" + name + "/level-02/level.json")
                            .at("accuracy")
                            .at("test")
                            .get<double>() /
                        3;
    }
    EXPECT_NEAR(one.at("accuracy").get<double>(), means[control], 1e-12);
    EXPECT_NEAR(one.at("difference_pp").get<double>(),
                100 * (ticket.at("test_accuracy").get<double>() - means[control]), 1e-9);
    EXPECT_LE(one.at("interval_pp").at(0), one.at("difference_pp"));
    EXPECT_GE(one.at("interval_pp").at(1), one.at("difference_pp"));
  }
  // Within 100 pp of each other nothing is undecided: beaten, or as good.
  EXPECT_NE(ticket.at("verdict"), "untested") << ticket;
}

TEST_F(Verdict, StandsInTablesJsonAndCurve) {
  const std::string run = judged();
  const Outcome table = coppice({"inspect", run});
  for (const char* part : {"re-initialised %", "shuffled %", "The verdict is ", "Means of 3 replicates"})
    EXPECT_NE(table.out.find(part), std::string::npos) << part << table.out;
  const Json json = Json::parse(coppice({"inspect", run, "--json"}).out);
  EXPECT_EQ(json.at("controls").at(1).at("control"), "shuffle");
  EXPECT_EQ(json.at("controls").at(1).at("levels").size(), 2u);
  EXPECT_EQ(json.at("levels").at(2).at("verdict"), json.at("ticket").at("verdict"));
  EXPECT_EQ(json.at("levels").at(2).at("test").at("interval").size(), 2u);
  EXPECT_FALSE(json.at("levels").at(0).contains("verdict"));
  const std::string csv = content_of(run + "/curve.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 3 * (3 + 2 + 2));
  EXPECT_NE(content_of(run + "/curve.svg").find("shuffled, level 2"), std::string::npos);
}

TEST_F(Verdict, IsVerified) {
  const std::string run = judged();
  EXPECT_EQ(coppice({"verify", run}).exit_code, 0) << coppice({"verify", run}).out;
  Json ticket = json_of(run + "/ticket.json");
  ticket["verdict"] = "untested";
  write(std::filesystem::relative(run + "/ticket.json", here.folder()).string(), ticket.dump());
  const Outcome outcome = coppice({"verify", run});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("ticket.json's verdict is untested, the levels give "), std::string::npos)
      << outcome.out;
}

}  // namespace
}  // namespace coppice
