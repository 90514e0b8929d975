#include "kernels/cuda/on_host/async.h"

#include <cstring>
#include <utility>

#include "kernels/cuda/on_host/block.h"
#include "kernels/cuda/on_host/races.h"

namespace coppice::kernels::host_run {

AsyncCopies& async_copies() { return Block::running().thread().copies; }

void AsyncCopies::begin(void* shared, const void* global, std::uint32_t bytes, const Site& site) {
  Block& block = Block::running();
  const auto refuse = [&](const char* why) { block.fail("async_copy16 at " + text(site) + ": " + why); };
  if (reinterpret_cast<std::uintptr_t>(shared) % 16) refuse("the shared address is not 16-byte aligned");
  if (reinterpret_cast<std::uintptr_t>(global) % 16) refuse("the global address is not 16-byte aligned");
  if (bytes > 16) refuse("more than 16 bytes");
  if (!block.shared().holds(shared, 16)) refuse("the destination is not in the block's shared memory");
  if (block.shared().holds(global, 1)) refuse("the source is in shared memory");
  if (block.shared().under_way(shared)) refuse("another copy to the same place is under way");
  unsigned char now[16];
  std::memcpy(now, global, bytes);  // so that an address outside of an allocation is reported here
  reads(global, bytes);             // at some time between here and the wait
  writes(shared, 16);
  block.shared().begin_copy(shared);
  open_.push_back({shared, global, bytes});
}

void AsyncCopies::commit() { groups_.push_back(std::exchange(open_, {})); }

void AsyncCopies::wait(int pending) {
  const auto all = static_cast<std::ptrdiff_t>(groups_.size());
  if (all <= pending) return;
  SharedMemory& shared = Block::running().shared();
  const auto end = groups_.begin() + (all - pending);
  for (auto group = groups_.begin(); group != end; ++group) {
    for (const Copy& copy : *group) {
      shared.end_copy(copy.to);
      reads(copy.from, copy.bytes);
      writes(copy.to, 16);
      std::memset(copy.to, 0, 16);
      std::memcpy(copy.to, copy.from, copy.bytes);
    }
  }
  groups_.erase(groups_.begin(), end);
}

}  // namespace coppice::kernels::host_run
