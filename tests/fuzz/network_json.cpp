// Any bytes are either refused with BadInput or are a network that is written and read back unchanged.
#include "coppice/error.h"
#include "coppice/network.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const coppice::Network network =
        coppice::network_from_json(std::string_view(reinterpret_cast<const char*>(data), size));
    const std::string json = coppice::to_json(network);
    if (coppice::network_from_json(json) != network) std::abort();
    coppice::tensor_specs(network);
    coppice::training_flops(network);
  } catch (const coppice::BadInput&) {
  }
  return 0;
}
