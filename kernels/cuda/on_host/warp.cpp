#include "kernels/cuda/on_host/warp.h"

#include <bit>
#include <cstdio>
#include <cstring>

#include "kernels/cuda/on_host/block.h"
#include "kernels/cuda/on_host/races.h"

namespace coppice::kernels::host_run {

namespace {

std::string hex(std::uint32_t mask) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", mask);
  return text;
}

std::string described(const WarpCall& call) {
  return std::string(call.name) + " with mask " + hex(call.mask) + " at " + text(call.site);
}

bool same_call(const WarpCall& a, const WarpCall& b) {
  return a.mask == b.mask && std::strcmp(a.name, b.name) == 0 && same(a.site, b.site);
}

}  // namespace

int lane() { return Block::running().thread().number % 32; }

void fail_lane(int lane, const WarpCall& call, const std::string& what) {
  Block& block = Block::running();
  block.fail(block.thread().number / 32 * 32 + lane, described(call) + ": " + what);
}

bool arrive(const WarpCall& call, const std::type_info& type, void* operand,
            std::array<void*, 32>& operands) {
  happens_before(operand);
  const Unseen unseen;
  Block& block = Block::running();
  Warp& warp = block.warp();
  const int me = lane();
  const std::uint32_t bit = 1u << me;
  if (!(call.mask & bit)) fail_lane(me, call, "lane " + std::to_string(me) + " is not in its own mask");
  if (const std::uint32_t gone = call.mask & ~warp.lanes)
    fail_lane(me, call, "lane " + std::to_string(std::countr_zero(gone)) + " has ended or does not exist");
  PendingCall* mine = nullptr;
  for (PendingCall& other : warp.pending) {
    const bool same_mask = other.call.mask == call.mask;
    if (same_mask && same_call(other.call, call) && *other.type == type) {
      mine = &other;
    } else if (same_mask || (other.call.mask & bit && other.arrived & call.mask)) {
      // Lanes of another mask that wait for this one may be met later, but not if this one waits for them.
      fail_lane(me, call,
                "lane " + std::to_string(std::countr_zero(other.arrived)) + " waits for it in " +
                    described(other.call));
    }
  }
  if (!mine) mine = &warp.pending.emplace_back(PendingCall{call, &type});
  mine->arrived |= bit;
  mine->operands[static_cast<std::size_t>(me)] = operand;
  if (mine->arrived == call.mask) {
    operands = mine->operands;
    for (void* other : operands)
      if (other) happens_after(other);
    warp.pending.erase(warp.pending.begin() + (mine - warp.pending.data()));
    return true;
  }
  block.wait(call.name, call.site);
  happens_after(operand);
  return false;
}

void depart(const WarpCall& call, const std::array<void*, 32>& operands) {
  for (void* operand : operands)
    if (operand) happens_before(operand);
  Block& block = Block::running();
  const int first = block.thread().number / 32 * 32;
  for (int i = 0; i < 32; ++i)
    if (call.mask >> i & 1) block.release(first + i);
  block.yield();
}

}  // namespace coppice::kernels::host_run
