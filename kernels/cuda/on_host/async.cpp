#include "kernels/cuda/on_host/async.h"

#include <cstring>
#include <string>
#include <utility>

#include "kernels/cuda/on_host/block.h"
#include "kernels/cuda/on_host/races.h"

namespace coppice::kernels::host_run {

AsyncCopies& async_copies() { return Block::running().thread().copies; }

void AsyncCopies::begin(void* shared, const void* global, std::uint32_t bytes, std::uint32_t room,
                        const Site& site) {
  Block& block = Block::running();
  const std::string size = std::to_string(room);
  const auto refuse = [&](const std::string& why) {
    block.fail("async_copy" + size + " at " + text(site) + ": " + why);
  };
  if (reinterpret_cast<std::uintptr_t>(shared) % room)
    refuse("the shared address is not " + size + "-byte aligned");
  if (reinterpret_cast<std::uintptr_t>(global) % room)
    refuse("the global address is not " + size + "-byte aligned");
  if (bytes > room) refuse("more than " + size + " bytes");
  if (!block.shared().holds(shared, room)) refuse("the destination is not in the block's shared memory");
  if (block.shared().holds(global, 1)) refuse("the source is in shared memory");
  if (block.shared().under_way(shared, room)) refuse("another copy to the same place is under way");
  unsigned char now[16];
  std::memcpy(now, global, bytes);  // so that an address outside of an allocation is reported here
  reads(global, bytes);             // at some time between here and the wait
  writes(shared, room);
  block.shared().begin_copy(shared, room);
  open_.push_back({shared, global, bytes, room});
}

void AsyncCopies::commit() { groups_.push_back(std::exchange(open_, {})); }

void AsyncCopies::wait(int pending) {
  const auto all = static_cast<std::ptrdiff_t>(groups_.size());
  if (all <= pending) return;
  SharedMemory& shared = Block::running().shared();
  const auto end = groups_.begin() + (all - pending);
  for (auto group = groups_.begin(); group != end; ++group) {
    for (const Copy& copy : *group) {
      shared.end_copy(copy.to, copy.room);
      reads(copy.from, copy.bytes);
      writes(copy.to, copy.room);
      std::memset(copy.to, 0, copy.room);
      std::memcpy(copy.to, copy.from, copy.bytes);
    }
  }
  groups_.erase(groups_.begin(), end);
}

}  // namespace coppice::kernels::host_run
