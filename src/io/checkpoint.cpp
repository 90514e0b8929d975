#include "coppice/checkpoint.h"

#include "coppice/error.h"

#include <fmt/format.h>

namespace coppice {

static constexpr const char* kNetwork = "network";

void write_checkpoint(const std::string& path, const Network& network, const Tensors& tensors,
                      Metadata metadata) {
  check_tensors(network, tensors, path);  // never a file that `read_checkpoint` would refuse
  metadata[kNetwork] = to_json(network);
  write_safetensors(path, tensors, metadata);
}

Checkpoint read_checkpoint(const std::string& path) {
  SafetensorsFile file = read_safetensors(path);
  auto description = file.metadata.extract(kNetwork);
  if (description.empty()) {
    throw BadInput(fmt::format(
        "{}: its metadata has no '{}': a checkpoint carries the description of its network", path, kNetwork));
  }
  Checkpoint checkpoint;
  try {
    checkpoint.network = network_from_json(description.mapped());
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: metadata key '{}': {}", path, kNetwork, error.what()));
  }
  check_tensors(checkpoint.network, file.tensors, path);
  checkpoint.tensors = std::move(file.tensors);
  checkpoint.metadata = std::move(file.metadata);
  return checkpoint;
}

}  // namespace coppice
