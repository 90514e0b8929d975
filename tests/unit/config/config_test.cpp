#include "coppice/config.h"

#include "coppice/error.h"

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "base/files.h"
#include "config/field.h"

namespace coppice {
namespace {

Config parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_config(text, "test.toml", overrides);
}

std::string error_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse(text, overrides);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "(no error)";
}

TEST(Config, EmptyTextGivesTheDefaults) {
  const Config config = parse("");
  EXPECT_EQ(dump_config(config), dump_config(Config{}));
  EXPECT_EQ(config.prune.levels, 15);
  EXPECT_EQ(config.train.length.text(), "40ep");
}

TEST(Config, ReadsEveryKindOfValue) {
  const Config config = parse(R"(
name = "x"
seed = 7
[data]
synthetic_shape = [3, 8, 9]
[train]
length = "2ep50it"
learning_rate = 1
schedule = "step"
milestones = ["1ep", "70it"]
[prune]
exclude = ["fc3", "conv*"]
scope = "layer"
[[prune.rule]]
match = "fc1"
fraction = 0.5
[[model.layers]]
op = "flatten"
[[model.layers]]
op = "linear"
name = "fc"
out = 10
bias = false
)");
  EXPECT_EQ(config.seed, 7u);
  EXPECT_EQ(config.data.synthetic_shape, (std::vector<std::int64_t>{3, 8, 9}));
  EXPECT_EQ(config.train.length, (Length{2, 50}));
  EXPECT_EQ(config.train.learning_rate, 1.0);
  EXPECT_EQ(config.train.milestones, (std::vector<Length>{{1, 0}, {0, 70}}));
  EXPECT_EQ(config.prune.exclude, (std::vector<std::string>{"fc3", "conv*"}));
  EXPECT_EQ(config.prune.rules, (std::vector<PruneRule>{{"fc1", 0.5}}));
  ASSERT_EQ(config.model.layers.size(), 2u);
  EXPECT_EQ(config.model.layers[1].op, Op::kLinear);
  EXPECT_EQ(config.model.layers[1].out, 10);
  EXPECT_FALSE(config.model.layers[1].bias);
}

TEST(Config, DumpReadsBackToTheSame) {
  const Config config = parse(
      "name = 'a'\n[train]\nlearning_rate = 1e-05\n[prune]\nscope='layer'\n"
      "[[prune.rule]]\nmatch=\"q\\\"x\\\\\"\nfraction=0.125\n[[model.layers]]\nop='conv'\nout=3\nkernel=5\n");
  const std::string dump = dump_config(config);
  EXPECT_EQ(dump_config(parse(dump)), dump);
  EXPECT_EQ(parse(dump).prune.rules, config.prune.rules);
  EXPECT_EQ(parse(dump).model.layers, config.model.layers);
}

TEST(Config, NamesPlaceAndNearestKey) {
  EXPECT_EQ(error_of("[prune]\nfracton = 0.5\n"),
            "test.toml:2:1: unknown key 'prune.fracton'; did you mean 'prune.fraction'?");
  EXPECT_NE(error_of("[prun]\nx = 1\n").find("unknown key 'prun'; did you mean"), std::string::npos);
  EXPECT_NE(error_of("[prune]\nfraction = 1.5\n")
                .find("test.toml:2:12: prune.fraction: 1.5 is out of range: 0 < x < 1"),
            std::string::npos)
      << error_of("[prune]\nfraction = 1.5\n");
  EXPECT_NE(error_of("[train]\noptimizer = \"sdg\"\n").find("did you mean 'sgd'?"), std::string::npos);
  EXPECT_NE(error_of("[train]\nbatch = \"8\"\n").find("train.batch: must be an integer, not a string"),
            std::string::npos);
  EXPECT_NE(error_of("[train]\nlength = \"40\"\n").find("is not a length"), std::string::npos);
  EXPECT_NE(error_of("a = \n").find("test.toml:1:"), std::string::npos);
  EXPECT_NE(error_of("[data]\nsubset = nan\n").find("out of range"), std::string::npos);
}

TEST(Config, ValuesThatNothingServesAreErrors) {
  EXPECT_NE(error_of("[retrain]\nmode = \"lr-rewound\"\n").find("did you mean 'lr-rewind'?"),
            std::string::npos);
  EXPECT_NE(error_of("[search]\nmethod = \"genetic\"\n").find("is not one of iterative"), std::string::npos);
}

TEST(Config, ABoolIsNotAString) {  // "False" read as true, elsewhere
  EXPECT_NE(error_of("[[model.layers]]\nop = 'conv'\nbias = \"False\"\n")
                .find("must be true or false, not a string"),
            std::string::npos);
}

TEST(Config, Overrides) {
  EXPECT_EQ(parse("", {"train.length=5ep"}).train.length, (Length{5, 0}));
  EXPECT_EQ(parse("", {"train.length=\"5ep\""}).train.length, (Length{5, 0}));
  EXPECT_EQ(parse("", {"name=2024"}).name, "2024");
  EXPECT_EQ(parse("", {"prune.exclude=fc3"}).prune.exclude, (std::vector<std::string>{"fc3"}));
  EXPECT_EQ(parse("", {"prune.exclude=[\"a\",\"b\"]"}).prune.exclude, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parse("seed = 3", {"seed=4", "seed=5"}).seed, 5u);
  EXPECT_EQ(parse("", {"data.path="}).data.path, "");
  EXPECT_NE(error_of("", {"prune.fracton=1"}).find("did you mean 'prune.fraction'?"), std::string::npos);
  EXPECT_NE(error_of("", {"prune.levels"}).find("key=value"), std::string::npos);
  EXPECT_NE(error_of("", {"prune.levels=x"}).find("must be an integer"), std::string::npos);
  EXPECT_NE(error_of("", {"prune.levels=3\nseed=9"}), "(no error)");
  EXPECT_NE(error_of("", {"seed=-1"}).find("negative"), std::string::npos);
}

TEST(Config, RulesOverSeveralFields) {
  EXPECT_NE(error_of("[[prune.rule]]\nmatch='fc'\n").find("scope = \"layer\""), std::string::npos);
  EXPECT_NE(error_of("[train]\noptimizer='adam'\nmomentum=0.9\n").find("train.momentum"), std::string::npos);
  EXPECT_NE(error_of("[train]\nmilestones=['1ep']\n").find("train.milestones"), std::string::npos);
  EXPECT_NE(error_of("[model]\nname='resnet-21'\n").find("did you mean 'resnet-20'?"), std::string::npos);
  EXPECT_NE(error_of("[model]\nweights='a.pt'\n").find("safetensors"), std::string::npos);
  EXPECT_NE(error_of("name='a/b'\n").find("cannot name a folder"), std::string::npos);
  EXPECT_NE(error_of("[data]\ndataset='tensors'\n").find("data.path"), std::string::npos);
  EXPECT_NE(error_of("[train]\nlength='0it'\n").find("at least one step"), std::string::npos);
  EXPECT_NE(error_of("[retrain]\nmode='reinit'\nrewind_to='5it'\n").find("retrain.rewind_to"),
            std::string::npos);
  EXPECT_NE(error_of("[retrain]\nmode='reinit'\n[control]\nreinit=true\n").find("control.reinit"),
            std::string::npos);
}

TEST(Config, AMomentIsALengthOrAWord) {
  EXPECT_EQ(parse("", {"retrain.rewind_to=2ep5it"}).retrain.rewind_to, (Moment{.length = {2, 5}}));
  EXPECT_EQ(parse("", {"retrain.rewind_to=auto"}).retrain.rewind_to, (Moment{.word = "auto"}));
  EXPECT_EQ(parse("").prune.score_at, (Moment{.word = "end"}));
  EXPECT_NE(error_of("", {"retrain.rewind_to=autom"}).find("did you mean 'auto'?"), std::string::npos);
  EXPECT_NE(error_of("", {"retrain.rewind_to=end"}).find("is not a length"), std::string::npos);
  EXPECT_NE(error_of("[retrain]\nrewind_to = 3\n").find("must be a length"), std::string::npos);
  const Config config = parse("", {"retrain.rewind_to=auto", "prune.score_at=7it"});
  EXPECT_EQ(dump_config(parse_config(dump_config(config), "again", {})), dump_config(config));
}

TEST(Config, HashFollowsIdentityAndNothingElse) {
  const IdentityContent content{"d", "", "cpu"};
  const std::string base = identity_hash(parse(""), content);
  EXPECT_EQ(base.size(), 8u);
  for (const char* extent :
       {"name=z", "prune.levels=3", "prune.density=0.1", "replicates=4", "search.tolerance_pp=1",
        "control.reinit=true", "control.dense=true", "energy.assume_watts=65", "energy.carbon_g_per_kwh=400",
        "data.path=/x", "data.dataset=mnist"}) {
    EXPECT_EQ(identity_hash(parse("", {extent}), content), base) << extent;
  }
  for (const char* identity :
       {"seed=2", "train.batch=64", "train.length=41ep", "prune.scope=layer", "model.width=0.5",
        "prune.exclude=fc3", "data.validation=1", "retrain.rewind_to=1it", "prune.min_per_layer=2",
        "retrain.mode=lr-rewind", "retrain.rewind_to=auto", "prune.score_at=0it", "search.method=one-shot"}) {
    EXPECT_NE(identity_hash(parse("", {identity}), content), base) << identity;
  }
  EXPECT_NE(identity_hash(parse(""), {"e", "", "cpu"}), base);
  EXPECT_NE(identity_hash(parse(""), {"d", "w", "cpu"}), base);
  EXPECT_NE(identity_hash(parse(""), {"d", "", "cuda"}), base);
}

// Folders of older runs must keep their names: this text is what the hash runs over, and may only grow by
// fields whose frozen default keeps them out.
TEST(Config, EveryFieldIsHashedEvenAtItsDefault) {
  const std::string text = "\n" + identity_text(fields(), Config{});
  for (const Field& field : fields()) {
    EXPECT_EQ(text.find("\n" + std::string(field.key) + " = ") != std::string::npos,
              field.kind == Kind::kIdentity && field.frozen_default.empty())
        << field.key;
  }
}

TEST(Config, AFieldAddedLaterLeavesOldHashesAlone) {
  std::vector<Field> table(fields().begin(), fields().end());
  const std::string before = identity_text(table, Config{});
  static std::string later = "old";
  table.push_back(
      {"train.later", [](Config&) -> Slot { return &later; }, Kind::kIdentity, {}, "", "\"old\""});
  EXPECT_EQ(identity_text(table, Config{}), before);
  later = "new";
  EXPECT_NE(identity_text(table, Config{}), before);
}

TEST(Config, DifferencesAreNamed) {
  EXPECT_EQ(identity_differences(parse(""), parse("", {"train.batch=64", "prune.levels=2"})),
            (std::vector<std::string>{"train.batch: 128 -> 64"}));
}

TEST(Config, HelpDeclaresEachKeyOnce) {
  std::set<std::string> keys;
  for (const FieldHelp& row : config_help()) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_FALSE(row.help.empty()) << row.key;
  }
  EXPECT_TRUE(keys.contains("[[model.layers]] kernel"));
}

TEST(Config, TheDocumentationIsTheTable) {
  EXPECT_TRUE(read_file(COPPICE_SOURCE_DIR "/docs/config.md") == config_markdown())
      << "run: build/coppice prune --help-config --markdown > docs/config.md";
}

TEST(Config, ShippedConfigsAreValid) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(COPPICE_SOURCE_DIR "/configs")) {
    EXPECT_NO_THROW(load_config(entry.path().string())) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 8);
}

}  // namespace
}  // namespace coppice
