#pragma once
#include <array>
#include <cstdint>
#include <typeinfo>
#include <vector>

#include "kernels/cuda/on_host/site.h"

namespace coppice::kernels::host_run {

/// What the lanes of a warp call together.
struct WarpCall {
  const char* name;  ///< "__shfl_sync"
  std::uint32_t mask;
  Site site;
};

/// A call that some of its lanes have reached: each waits there with its operand.
struct PendingCall {
  WarpCall call;
  const std::type_info* type;
  std::uint32_t arrived = 0;
  std::array<void*, 32> operands{};
};

struct Warp {
  std::uint32_t lanes = 0;  ///< That exist and have not ended.
  std::vector<PendingCall> pending;
};

/// The lane of the thread that runs.
int lane();
/// Of the lane's thread in the warp of the one that runs.
[[noreturn]] void fail_lane(int lane, const WarpCall& call, const std::string& what);

/// Registers the lane that runs at the call, having checked that the others of its mask can and do take part
/// in the same. True with all operands for the last to come; the others wait in here until it is done.
bool arrive(const WarpCall& call, const std::type_info& type, void* operand, std::array<void*, 32>& operands);
/// The last one lets the others go on.
void depart(const WarpCall& call, const std::array<void*, 32>& operands);

/// All lanes of the mask meet; the last one computes what each is to receive, by
/// combine(operands by lane, null outside of the mask), which writes into them.
template <class Operand, class Combine>
void meet(const WarpCall& call, Operand& operand, const Combine& combine) {
  std::array<void*, 32> arrived;
  if (!arrive(call, typeid(Operand), &operand, arrived)) return;
  std::array<Operand*, 32> operands;
  for (std::size_t i = 0; i < 32; ++i) operands[i] = static_cast<Operand*>(arrived[i]);
  combine(operands);
  depart(call, arrived);
}

}  // namespace coppice::kernels::host_run
