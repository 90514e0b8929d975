#include "report/curve_table.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

LevelRecord record(std::int64_t replicate, std::int64_t level, std::int64_t test_hits,
                   const std::string& branch = "") {
  LevelRecord record;
  record.branch = branch;
  record.replicate = replicate;
  record.level = level;
  record.density.of_prunable = record.density.effective = level == 0 ? 1 : 0.8;
  record.final.validation = Tally{1000, 0, 900};
  record.final.test = Tally{10000, 0, test_hits};
  record.steps = 10;
  record.time_s = 2;
  return record;
}

RunContent run(std::vector<LevelRecord> records, std::vector<LevelRecord> controls = {}) {
  RunContent run;
  run.ticket = choose_ticket(records, 0.2, controls);
  run.records = std::move(records);
  run.controls = std::move(controls);
  return run;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(CurveTable, OneReplicateWithoutControlsIsPlain) {
  const RunContent plain = run({record(1, 0, 8800), record(1, 1, 8850)});
  EXPECT_EQ(curve_table(plain),
            "level  kept %  effective %  validation %  to dense  test %  to dense    time\n"
            "-----  ------  -----------  ------------  --------  ------  --------  ------  -------------\n"
            "    0  100.00       100.00         90.00             88.00            2.00 s  dense\n"
            "    1   80.00        80.00         90.00     +0.00   88.50     +0.50  2.00 s  <- the ticket\n");
  EXPECT_FALSE(has(ticket_text(*plain.ticket, 1), "verdict")) << "there is nothing to judge it by";
}

TEST(CurveTable, ControlsStandBesideTheTicketWithIntervalsAndAVerdict) {
  std::vector<LevelRecord> own, controls;
  for (const std::int64_t r : {1, 2, 3}) {
    own.insert(own.end(), {record(r, 0, 8790 + 10 * (r - 2)), record(r, 1, 8800 + 10 * (r - 2))});
    controls.push_back(record(r, 1, 8700 + 10 * (r - 2), "reinit"));
    controls.push_back(record(r, 1, 8600 + 10 * (r - 2), "shuffle"));
  }
  const RunContent three = run(own, controls);
  const std::string table = curve_table(three);
  // t(0.975, 2) 0.1 / sqrt(3) = 0.248; of a difference t(0.975, 4) 0.1 sqrt(2/3) = 0.227.
  for (const char* part :
       {"re-initialised %", "shuffled %", "88.00 ± 0.25", "+0.10 ± 0.23", "87.00 ± 0.25", "+1.00 ± 0.23",
        "86.00 ± 0.25", "+2.00 ± 0.23", "  winning  ", "Means of 3 replicates"})
    EXPECT_TRUE(has(table, part)) << part << "\n" << table;
  EXPECT_TRUE(
      has(ticket_text(*three.ticket, 3), "\nThe verdict is winning: 80.0% of the weights reach 88.00%"))
      << ticket_text(*three.ticket, 3);
  // A control that has not come so far leaves its cells empty, and the verdict open.
  controls.pop_back();
  EXPECT_TRUE(has(curve_table(run(own, controls)), "  untested  ")) << curve_table(run(own, controls));
}

TEST(CurveTable, AnUndecidedVerdictSaysSo) {
  std::vector<LevelRecord> own, controls;
  for (const std::int64_t r : {1, 2, 3}) {
    own.insert(own.end(), {record(r, 0, 8800 + 100 * (r - 2)), record(r, 1, 8800 + 100 * (r - 2))});
    controls.push_back(record(r, 1, 8750 + 100 * (r - 2), "reinit"));
  }
  EXPECT_TRUE(has(curve_table(run(own, controls)), "  undecided  "));
}

TEST(CurveTable, AnEmptyRunIsAnEmptyTable) { EXPECT_TRUE(has(curve_table(RunContent{}), "level")); }

}  // namespace
}  // namespace coppice
