// Plans that are kept: read again as they were written, or made anew with a note that says why.
#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "sparse/plan_content.h"
#include "support/scratch.h"
#include "unit/sparse/plan_cases.h"

namespace coppice {
namespace {

using Json = nlohmann::ordered_json;

class PlanCache : public ::testing::Test {
 protected:
  PlanOptions options(std::int64_t batch = 4) const {
    PlanOptions made = hasty(batch);
    made.cache = file;
    made.force_sparse = true;  // so that the file has something of the route in it
    return made;
  }

  /// A plan is made anew, its note holds all `words`, and it is right; the next one is read again.
  void expect_made_anew(const std::vector<std::string>& words) {
    Plan plan = one.plan(options());
    EXPECT_FALSE(plan.from_cache());
    for (const std::string& word : words)
      EXPECT_NE(plan.note().find(word), std::string::npos) << word << " is not in: " << plan.note();
    EXPECT_NO_THROW(Json(plan.note()).dump()) << "not UTF-8";
    one.expect_right(run(plan, one.images, 3));
    Plan next = one.plan(options());
    EXPECT_TRUE(next.from_cache()) << next.note();
  }

  /// The same for the file after `change`.
  void expect_made_anew_after(const std::function<void(Json&)>& change,
                              const std::vector<std::string>& words) {
    if (!std::filesystem::exists(file)) one.plan(options());
    Json json = Json::parse(read_file(file));
    change(json);
    write_file_atomically(file, json.dump());
    expect_made_anew(words);
  }

  Scratch here;
  std::string file = here / "plan.json";
  PlanCase one{little_conv(), 0.5, 4};
};

TEST_F(PlanCache, IsReadAgain) {
  for (const bool force : {false, true}) {
    PlanOptions settings = options();
    settings.force_sparse = force;
    Plan made = one.plan(settings);
    EXPECT_FALSE(made.from_cache());
    EXPECT_EQ(force, !made.note().empty()) << made.note();  // the first one is in the second one's way
    const std::string content = read_file(file);
    int surveyed = 0;
    settings.on_step = [&](std::size_t, std::size_t) { ++surveyed; };
    Plan read = one.plan(settings);
    EXPECT_TRUE(read.from_cache());
    EXPECT_EQ(read.note(), "");
    EXPECT_EQ(surveyed, 0);
    EXPECT_EQ(read.runs(), made.runs());
    EXPECT_EQ(read.packed_bytes(), made.packed_bytes());
    EXPECT_EQ(read.activation_bytes(), made.activation_bytes());
    if (force) {
      EXPECT_EQ(run(read, one.images, 3), run(made, one.images, 3));
    }
    one.expect_right(run(read, one.images, 3));
    EXPECT_EQ(read_file(file), content);
  }
}

TEST_F(PlanCache, ForAnotherThingIsMadeAnew) {
  one.plan(options());
  PlanCase weight = one;
  for (float& value : weight.tensors.at("fc.weight").as<float>()) value *= 2;
  Plan other_weight = weight.plan(options());
  EXPECT_NE(other_weight.note().find("made for other weights, settings or another machine"),
            std::string::npos);
  expect_made_anew({"made the plan anew", file, "other weights"});

  const PlanCase larger(little_conv(), 0.5, 5);
  Plan other_batch = larger.plan(options(5));
  EXPECT_FALSE(other_batch.from_cache());
  EXPECT_NE(other_batch.note().find("settings"), std::string::npos);

  PlanOptions threads = options();
  threads.threads = 2;
  EXPECT_FALSE(one.plan(threads).from_cache());
}

TEST_F(PlanCache, ThatIsNoPlanIsMadeAnew) {
  one.plan(options());
  const std::string content = read_file(file);
  const std::string junk[] = {"",
                              "not JSON",
                              "[]",
                              "{}",
                              "null",
                              "7",
                              "\"x\"",
                              content.substr(0, content.size() / 2),
                              "\xff\xfe",
                              "{\"key\": \"\xff\xff\"}",
                              std::string(1000000, '['),
                              content + "x",
                              std::string("\0\0", 2)};
  for (const std::string& text : junk) {
    SCOPED_TRACE(text.substr(0, 40));
    write_file_atomically(file, text);
    expect_made_anew({"made the plan anew", file});
  }
}

TEST_F(PlanCache, WithAWrongFieldIsMadeAnew) {
  expect_made_anew_after([](Json& json) { json["key"] = "another"; }, {"other weights"});
  expect_made_anew_after([](Json& json) { json["runs"] = "abacus"; }, {"abacus"});
  expect_made_anew_after([](Json& json) { json["routes"][0]["steps"].erase(0); }, {"number of steps"});
  expect_made_anew_after([](Json& json) { json["routes"][0]["steps"] = Json::object(); }, {});
  expect_made_anew_after([](Json& json) { json["routes"][0]["steps"][0]["chosen"] = 1000; }, {"chose"});
  expect_made_anew_after([](Json& json) { json["routes"][0]["steps"][0]["chosen"] = -1; }, {"chose"});
  expect_made_anew_after([](Json& json) { json["routes"][0]["steps"][0]["ways"] = Json::array(); },
                         {"chose"});
  const auto chosen = [](Json& json, std::size_t step) -> Json& {
    return json["routes"][0]["steps"][step]["ways"]
               [json["routes"][0]["steps"][step]["chosen"].get<std::size_t>()];
  };
  expect_made_anew_after([&](Json& json) { chosen(json, 0)["kernel"] = "abacus"; }, {"abacus", "c1"});
  expect_made_anew_after([&](Json& json) { chosen(json, 0)["variant"] = "huge"; }, {"c1"});
  expect_made_anew_after([&](Json& json) { chosen(json, 0)["in"] = {"spiral"}; }, {"spiral", "layout"});
  expect_made_anew_after([&](Json& json) { chosen(json, 0)["in"] = Json::array(); }, {"inputs"});
  expect_made_anew_after([&](Json& json) { chosen(json, 0)["out"] = 3; }, {"no plan"});
  expect_made_anew_after([&](Json& json) { chosen(json, 0)["seconds"] = "long"; }, {"no plan"});
}

TEST_F(PlanCache, WhoseRouteLeadsNowhereIsMadeAnew) {
  const auto step = [](Json& json, std::size_t number) {
    for (std::size_t i = 0; i < json["routes"][0]["route"].size(); ++i)
      if (json["routes"][0]["route"][i].contains("step") && json["routes"][0]["route"][i]["step"] == number)
        return i;
    throw std::runtime_error("no such step");
  };
  const std::vector<std::string> words = {"route"};
  expect_made_anew_after([&](Json& json) { json["routes"][0]["route"].erase(step(json, 1)); }, words);
  expect_made_anew_after(
      [&](Json& json) {
        std::swap(json["routes"][0]["route"][step(json, 0)], json["routes"][0]["route"][step(json, 1)]);
      },
      words);
  expect_made_anew_after(
      [&](Json& json) { json["routes"][0]["route"].push_back(json["routes"][0]["route"][step(json, 0)]); },
      words);
  expect_made_anew_after([](Json& json) { json["routes"][0]["route"] = Json::array(); }, words);
  expect_made_anew_after([&](Json& json) { json["routes"][0]["route"][step(json, 0)]["step"] = 77; }, words);
  expect_made_anew_after(
      [](Json& json) {
        json["routes"][0]["route"].insert(
            json["routes"][0]["route"].begin(),
            Json::object({{"convert", 99}, {"from", "plain"}, {"to", "lanes"}}));
      },
      {"convert"});
  expect_made_anew_after(
      [](Json& json) {
        json["routes"][0]["route"].insert(json["routes"][0]["route"].begin(),
                                          Json::object({{"convert", 1}, {"from", "plain"}, {"to", "lanes"}}));
      },
      words);
}

TEST_F(PlanCache, InAFolderThatCannotBeWrittenIsDoneWithout) {
  for (const std::string& path : {here / "no such folder/plan.json", here / "file/plan.json",
                                  here.folder().string(), here / std::string(300, 'x')}) {
    SCOPED_TRACE(path.substr(0, 80));
    std::filesystem::remove(here / "file");
    write_file_atomically(here / "file", "x");
    PlanOptions settings = options();
    settings.cache = path;
    Plan plan = one.plan(settings);
    EXPECT_FALSE(plan.from_cache());
    EXPECT_NE(plan.note().find("could not keep the plan"), std::string::npos) << plan.note();
    one.expect_right(run(plan, one.images, 3));
  }
  EXPECT_TRUE(std::filesystem::is_directory(here.folder()));
}

// Whatever is the fastest here, each way to run must be right: the file is told to run it.
TEST_F(PlanCache, EveryWayToRunAWholeNetworkIsRight) {
  const PlanCase many(little_conv(), 0.5, 64);
  PlanOptions settings = options(64);
  settings.threads = 2;
  many.plan(settings);
  std::vector<std::string> names;
  const Json made = Json::parse(read_file(file));
  for (const Json& whole : made.at("whole")) names.push_back(whole.at("name"));
  for (const std::int64_t piece : {64, 32, 16}) {
    EXPECT_NE(std::find(names.begin(), names.end(), piece_name(piece, 64)), names.end()) << piece;
  }
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    Json other = made;
    other["runs"] = name;
    write_file_atomically(file, other.dump());
    Plan plan = many.plan(settings);
    EXPECT_TRUE(plan.from_cache()) << plan.note();
    EXPECT_EQ(plan.runs(), name);
    many.expect_right(run(plan, many.images, 3));
  }
}

TEST_F(PlanCache, PiecesMakeUpTheBatch) {
  const PlanCase many(little_conv(), 0.5, 48);
  for (const auto& [threads, pieces] :
       std::map<int, std::vector<std::int64_t>>{{1, {16}}, {2, {24, 16, 48}}, {3, {16, 48}}, {5, {48}}}) {
    PlanOptions settings = options(48);
    settings.cache.clear();
    settings.threads = threads;
    const Plan plan = many.plan(settings);
    std::vector<std::int64_t> sizes;
    for (const PieceRoute& piece : plan.content().decision.pieces) sizes.push_back(piece.images);
    EXPECT_EQ(sizes, pieces) << threads;
  }
}

}  // namespace
}  // namespace coppice
