#include "sparse/readers.h"

#include "model/graph.h"

namespace coppice {

Readers readers_of(const Network& network) {
  const std::size_t nodes = network.nodes.size();
  const std::vector<Extent> in = input_extents(network);
  Readers readers{.inputs = input_nodes(network),
                  .passes = std::vector<bool>(nodes),
                  .uses = std::vector<std::size_t>(nodes, 0),
                  .flat_uses = std::vector<std::size_t>(nodes, 0)};
  const auto source = [&](std::size_t index) {  // which has no passing node before it any more
    return index != kImage && readers.passes[index] ? readers.inputs[index][0] : index;
  };
  for (std::size_t i = 0; i < nodes; ++i) {
    const Op op = network.nodes[i].op;
    readers.passes[i] = op == Op::kDropout || (op == Op::kFlatten && in[i].height * in[i].width == 1);
    for (std::size_t& input : readers.inputs[i]) {
      input = source(input);
      if (input == kImage || readers.passes[i]) continue;
      ++readers.uses[input];
      if (op != Op::kLinear) ++readers.flat_uses[input];
    }
  }
  readers.output = source(nodes - 1);
  if (readers.output != kImage) ++readers.uses[readers.output], ++readers.flat_uses[readers.output];
  return readers;
}

}  // namespace coppice
