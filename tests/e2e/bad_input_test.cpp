// Bad input of every kind: exit 2, a message that names place and remedy, and nothing left behind.
#include <filesystem>
#include <set>

#include "e2e/fixture.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

struct BadCase {
  const char* name;
  std::vector<std::string> arguments;
  std::vector<std::string> message;               ///< Each must appear on stderr.
  std::string config = {};                        ///< Content of bad.toml; empty: the small valid one.
  std::map<std::string, std::string> files = {};  ///< Others to be there.
};

std::string idx_images(std::uint32_t magic, std::uint32_t count, std::size_t bytes) {
  std::string out;
  for (const std::uint32_t word : {magic, count, 28u, 28u}) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(word >> shift & 0xff);
  }
  return out + std::string(bytes, '\1');
}

/// The synthetic task, small, and more.
std::string small_with(const std::string& more) {
  return "[data]\ndataset = \"synthetic\"\nsynthetic_shape = [1, 8, 8]\nsynthetic_classes = "
         "4\nsynthetic_examples = 600\n"
         "validation = 50\n[prune]\nscope = \"layer\"\n" +
         more;
}

const std::vector<std::string> kPrune = {"prune", "bad.toml"};

std::vector<std::string> prune_with(std::initializer_list<std::string> more) {
  std::vector<std::string> arguments = kPrune;
  for (const std::string& text : more) arguments.insert(arguments.end(), {"--set", text});
  return arguments;
}

std::vector<BadCase> cases() {
  const std::string mnist = "[data]\ndataset = \"mnist\"\npath = \"mnist\"\n";
  return {
      // arguments
      {"no verb", {}, {"subcommand"}},
      {"unknown verb", {"prunee", "x"}, {"prunee"}},
      {"unknown option", {"prune", "bad.toml", "--levels", "3"}, {"--levels"}},
      {"missing config", {"prune"}, {"CONFIG", "quickstart.toml"}},
      {"config that is not there", {"prune", "none.toml"}, {"none.toml", "No such file"}},
      {"config that is a folder", {"prune", "."}, {"folder"}},
      {"threads below zero", {"prune", "bad.toml", "--threads", "-1"}, {"--threads"}},
      {"unknown device", {"prune", "bad.toml", "--device", "tpu"}, {"tpu", "cpu"}},
      {"a GPU that is not there", {"prune", "bad.toml", "--device", "cuda:97"}, {"cuda"}},
      {"keep of the wrong kind", {"prune", "bad.toml", "--keep", "some"}, {"--keep"}},
      {"set without a value", prune_with({"prune.levels"}), {"key=value"}},
      {"set of an unknown key", prune_with({"prune.fracton=0.5"}), {"did you mean 'prune.fraction'?"}},
      // config
      {"TOML that does not parse", kPrune, {"bad.toml:2:"}, "[data]\nvalidation = = 3\n"},
      {"a key twice", kPrune, {"bad.toml:2:"}, "seed = 1\nseed = 2\n"},
      {"an unknown key", kPrune, {"bad.toml:2:1", "did you mean 'train.batch'?"}, "[train]\nbach = 3\n"},
      {"a value of the wrong type", kPrune, {"bad.toml:2:9", "integer"}, "[train]\nbatch = \"many\"\n"},
      {"a value out of range", kPrune, {"bad.toml:2:12", "0 < x < 1"}, "[prune]\nfraction = 2\n"},
      {"a value that nothing serves",
       kPrune,
       {"search.method", "iterative"},
       "[search]\nmethod = \"genetic\"\n"},
      {"an unknown network", kPrune, {"did you mean 'lenet-300-100'?"}, "[model]\nname = \"lenet-300-10\"\n"},
      {"a layer that does not fit",
       kPrune,
       {"fc", "flatten"},
       small_with("[[model.layers]]\nop=\"linear\"\nname=\"fc\"\nout=4\n")},
      {"an exclusion that matches nothing", prune_with({"prune.exclude=fc9"}), {"fc9"}},
      {"a rule that matches nothing",
       prune_with({"prune.scope=layer"}),
       {"fc9"},
       small_with("[[prune.rule]]\nmatch=\"fc9\"\nfraction=0.1\n")},
      {"a rewind point beyond the end", prune_with({"retrain.rewind_to=9ep"}), {"retrain.rewind_to"}},
      {"a scoring point beyond the end", prune_with({"prune.score_at=9ep"}), {"prune.score_at"}},
      {"more validation than examples", prune_with({"data.validation=100000"}), {"data.validation"}},
      {"bf16 on a CPU", prune_with({"train.precision=bf16"}), {"bf16", "cuda"}},
      {"an engine that cannot train it",
       prune_with(
           {"train.engine=mlp", "model.name=conv-2", "model.width=0.1", "data.synthetic_shape=[1,8,8]"}),
       {"mlp"}},
      // data and weights
      {"data that is not there", prune_with({"data.dataset=cifar10", "data.path=nowhere"}), {"nowhere"}},
      {"data cut off",
       kPrune,
       {"train-images-idx3-ubyte"},
       mnist,
       {{"mnist/train-images-idx3-ubyte", idx_images(0x803, 10, 100)},
        {"mnist/train-labels-idx1-ubyte", "x"},
        {"mnist/t10k-images-idx3-ubyte", "x"},
        {"mnist/t10k-labels-idx1-ubyte", "x"}}},
      {"labels where images belong",
       kPrune,
       {"train-images-idx3-ubyte"},
       mnist,
       {{"mnist/train-images-idx3-ubyte", idx_images(0x801, 10, 7840)},
        {"mnist/train-labels-idx1-ubyte", "x"},
        {"mnist/t10k-images-idx3-ubyte", "x"},
        {"mnist/t10k-labels-idx1-ubyte", "x"}}},
      {"weights that are a pickle", prune_with({"model.weights=w.pt"}), {"w.pt", "safetensors"}},
      {"weights that are no safetensors",
       prune_with({"model.weights=w.safetensors"}),
       {"w.safetensors"},
       "",
       {{"w.safetensors", "not at all"}}},
      // run folders and files
      {"a run that is not there", {"inspect", "nothing"}, {"nothing"}},
      {"verify of a folder that is no run", {"verify", "empty"}, {"empty"}, "", {{"empty/x", ""}}},
      {"a run whose record is broken",
       {"inspect", "runs/r"},
       {"run.json"},
       "",
       {{"runs/r/run.json", "{"}, {"runs/r/config.toml", ""}}},
      {"export without a format", {"export", "runs/r", "-o", "x"}, {"--format"}},
      {"export in an unknown format", {"export", "runs/r", "--format", "gif", "-o", "x"}, {"--format"}},
      {"export of nothing", {"export", "nothing", "--format", "pt", "-o", "x.pt"}, {"nothing"}},
      {"export into no folder",
       {"export", "w.safetensors", "--format", "pt", "-o", "no/where/x.pt"},
       {"no such folder"},
       "",
       {{"w.safetensors", "not at all"}}},
      {"export of a file that is no checkpoint",
       {"export", "w.safetensors", "--format", "pt", "-o", "x.pt"},
       {"w.safetensors"},
       "",
       {{"w.safetensors", "not at all"}}},
  };
}

class BadInputs : public Search {
 public:
  static std::set<std::string> listing(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) names.insert(entry.path().string());
    return names;
  }
  static std::string small() { return small_config(); }
};

TEST_F(BadInputs, ExitTwoSayWhyAndLeaveNothing) {
  for (const BadCase& bad : cases()) {
    SCOPED_TRACE(bad.name);
    const Scratch folder;
    const auto put = [&](const std::string& name, const std::string& content) {
      fs::create_directories(fs::path(folder / name).parent_path());
      std::ofstream(folder / name, std::ios::binary) << content;
    };
    put("bad.toml", bad.config.empty() ? small() : bad.config);
    for (const auto& [name, content] : bad.files) put(name, content);
    const std::set<std::string> before = listing(folder.folder().string());
    const Outcome outcome = run_program(bad.arguments, folder.folder().string());
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err << outcome.out;
    for (const std::string& part : bad.message) {
      EXPECT_NE((outcome.err + outcome.out).find(part), std::string::npos)
          << "no '" << part << "' in: " << outcome.err;
    }
    EXPECT_EQ(outcome.err.find("terminate called"), std::string::npos);
    EXPECT_EQ(outcome.err.find("frame #"), std::string::npos);
    EXPECT_EQ(listing(folder.folder().string()), before);
  }
}

TEST_F(BadInputs, AnUnwritableFolderIsAFailureThatNamesIt) {
  write("c.toml", small_config());
  write("runs", "a file in the way");
  const Outcome outcome = coppice({"prune", "c.toml"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("runs"), std::string::npos) << outcome.err;
}

// A full disk: the finished levels stay good and the same command goes on once there is room.
TEST_F(BadInputs, AFullDiskLeavesFinishedLevelsIntact) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml", {"--set", "prune.levels=1"});
  const std::string command = std::string("cd '") + here.folder().string() +
                              "' && (ulimit -f 8; trap '' XFSZ; exec '" + COPPICE_PROGRAM +
                              "' prune c.toml --threads 1 --device cpu) 2> err";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(content_of(here / "err").find("failed"), std::string::npos) << content_of(here / "err");
  for (const auto& entry : fs::recursive_directory_iterator(run))
    EXPECT_NE(entry.path().extension(), ".part");
  EXPECT_EQ(coppice({"verify", run}).exit_code, 0) << coppice({"verify", run}).out;
  expect_same_tensors(prune("c.toml"), prune("c.toml", {}, "other"));
}

}  // namespace
}  // namespace coppice
