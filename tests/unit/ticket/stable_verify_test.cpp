// What verify holds a found rewind point to.
#include <filesystem>
#include <fstream>

#include "support/program.h"
#include "support/stable_search.h"
#include "ticket/record.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

TEST_F(StablePointSearch, VerifyFindsWhatDoesNotFollow) {
  const SearchResult result = search();
  const RunPaths paths{result.folder};
  const std::string record = content_of(paths.stable().string());
  const std::string dense = content_of(paths.replicate(1).level(0).record().string());
  Json json = Json::parse(record);
  json["step"] = 76;
  std::ofstream(paths.stable()) << json.dump();
  EXPECT_NE(broken(result).find("lead to step 152"), std::string::npos) << broken(result);
  json = Json::parse(record);
  for (Json& correct : json["tried"][1]["path"]["validation"]["correct"]) correct = 300;
  std::ofstream(paths.stable()) << json.dump();
  EXPECT_NE(broken(result).find("path.json: is not what stable.json says"), std::string::npos)
      << broken(result);
  json = Json::parse(record);
  json["tried"].erase(2);
  std::ofstream(paths.stable()) << json.dump();
  EXPECT_NE(broken(result).find("has no such copy"), std::string::npos) << broken(result);
  std::ofstream(paths.stable()) << record;
  EXPECT_EQ(broken(result), "");
  fs::remove(paths.replicate(1).level(0).record());
  EXPECT_EQ(broken(result).find("stable"), std::string::npos) << "without a dense network nothing follows";
  std::ofstream(paths.replicate(1).level(0).record()) << dense;
  fs::copy_file(paths.replicate(1).level(0).model(), paths.replicate(1).rewind(),
                fs::copy_options::overwrite_existing);
  EXPECT_NE(broken(result).find("rewind"), std::string::npos) << broken(result);
}

TEST_F(StablePointSearch, KeepingOnlyTheTicketDropsTheCopiesWeights) {
  const SearchOptions options{
      .runs = scratch / "runs", .device = "cpu", .threads = 1, .keep_only_ticket = true};
  const SearchResult result = find_ticket(network, data, config, options);
  const ReplicatePaths paths = RunPaths{result.folder}.replicate(1);
  EXPECT_TRUE(fs::exists(paths.copy(0).between()));
  EXPECT_FALSE(fs::exists(paths.copy(0).model()));
  expect_verified(result);
}

}  // namespace
}  // namespace coppice
