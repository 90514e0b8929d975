#include "kernels/cuda/on_host/collectives.h"

#include "kernels/cuda/on_host/block.h"

namespace coppice::kernels::host_run {

void sync_threads(const Site& site) { Block::running().barrier(site); }

std::uint32_t vote(const WarpCall& call, bool predicate) {
  struct Operand {
    bool predicate;
    std::uint32_t result;
  };
  Operand mine{predicate, 0};
  meet(call, mine, [](const std::array<Operand*, 32>& all) {
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < 32; ++i)
      if (all[i] && all[i]->predicate) result |= 1u << i;
    for (Operand* operand : all)
      if (operand) operand->result = result;
  });
  return mine.result;
}

}  // namespace coppice::kernels::host_run
