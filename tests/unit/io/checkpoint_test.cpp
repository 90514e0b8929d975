#include "coppice/checkpoint.h"

#include <functional>

#include "base/files.h"
#include "support/samples.h"
#include "support/scratch.h"

namespace coppice {
namespace {

const Network kResnet = build_network("resnet-20", {3, 32, 32}, 10, 0.25);

const Tensors& weights() {
  static const Tensors tensors = initialise(kResnet, "kaiming-normal", "ones", 1);
  return tensors;
}

TEST(Checkpoint, ComesBackWithItsNetwork) {
  const Scratch scratch;
  write_checkpoint(scratch / "x", kResnet, weights(), {{"step", "7"}});
  const Checkpoint checkpoint = read_checkpoint(scratch / "x");
  EXPECT_EQ(checkpoint.network, kResnet);
  EXPECT_EQ(checkpoint.tensors, weights());
  EXPECT_EQ(checkpoint.metadata, (Metadata{{"step", "7"}}));
  EXPECT_EQ(read_safetensors(scratch / "x").metadata.at("network"), to_json(kResnet));
}

TEST(Checkpoint, OfAnotherNetworkIsRefused) {
  const Scratch scratch;
  Tensors tensors = weights();
  const std::string name = tensors.begin()->first;
  tensors.erase(tensors.begin());
  EXPECT_THROW(write_checkpoint(scratch / "x", kResnet, tensors), BadInput);
  write_safetensors(scratch / "x", tensors, {{"network", to_json(kResnet)}});
  expect_refusal([&] { read_checkpoint(scratch / "x"); }, {scratch / "x", name});
}

TEST(Checkpoint, WithoutANetworkIsRefused) {
  const Scratch scratch;
  write_safetensors(scratch / "x", weights());
  expect_refusal([&] { read_checkpoint(scratch / "x"); }, {scratch / "x", "'network'"});
  for (const char* json : {"", "{", "[]", "{}", "{\"nodes\": 3}", "null"}) {
    write_safetensors(scratch / "x", weights(), {{"network", json}});
    expect_refusal([&] { read_checkpoint(scratch / "x"); }, {scratch / "x", "'network'"});
  }
}

TEST(Checkpoint, APytorchArchiveIsRefusedWithAHint) {
  const Scratch scratch;
  write_state_dict(scratch / "x.pt", weights());
  for (const auto& read : std::vector<std::function<void(const std::string&)>>{
           [](const std::string& path) { read_checkpoint(path); },
           [](const std::string& path) { read_masks(path); },
           [](const std::string& path) { read_safetensors(path); }}) {
    expect_refusal([&] { read(scratch / "x.pt"); },
                   {scratch / "x.pt",
                    "this is a PyTorch pickle archive; reading .pt is not served yet: save it with "
                    "safetensors.torch.save_file"});
  }
}

}  // namespace
}  // namespace coppice
