#include "kernels/cuda/on_host/warp.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>

#include "kernels/cuda/on_host/block.h"

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
  Block& block = Block::running();
  Warp& warp = block.warp();
  const int me = lane();
  const std::uint32_t bit = 1u << me;
  if (!(call.mask & bit)) fail_lane(me, call, "lane " + std::to_string(me) + " is not in its own mask");
  if (const std::uint32_t gone = call.mask & ~warp.lanes)
    fail_lane(me, call, "lane " + std::to_string(std::countr_zero(gone)) + " has ended or does not exist");
  auto pending = std::find_if(warp.pending.begin(), warp.pending.end(),
                              [&](const PendingCall& p) { return p.call.mask & bit; });
  if (pending == warp.pending.end()) {
    warp.pending.push_back({call, &type});
    pending = warp.pending.end() - 1;
  } else if (!same_call(pending->call, call) || *pending->type != type) {
    fail_lane(me, call,
              "lane " + std::to_string(std::countr_zero(pending->arrived)) + " waits for it in " +
                  described(pending->call));
  }
  pending->arrived |= bit;
  pending->operands[static_cast<std::size_t>(me)] = operand;
  if (pending->arrived == call.mask) {
    operands = pending->operands;
    warp.pending.erase(pending);
    return true;
  }
  block.wait(call.name, call.site);
  return false;
}

void depart(const WarpCall& call) {
  Block& block = Block::running();
  const int first = block.thread().number / 32 * 32;
  for (int i = 0; i < 32; ++i)
    if (call.mask >> i & 1) block.release(first + i);
  block.yield();
}

}  // namespace coppice::kernels::host_run
