#include "kernels/cuda/on_host/async.h"

#include <cstring>
#include <utility>

#include "kernels/cuda/on_host/block.h"

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
  block.shared().begin_copy(shared);
  open_.push_back({shared, global, bytes});
}

void AsyncCopies::commit() { groups_.push_back(std::exchange(open_, {})); }

void AsyncCopies::wait(int pending) {
  SharedMemory& shared = Block::running().shared();
  for (; groups_.size() > static_cast<std::size_t>(pending); groups_.pop_front()) {
    for (const Copy& copy : groups_.front()) {
      shared.end_copy(copy.to);
      std::memset(copy.to, 0, 16);
      std::memcpy(copy.to, copy.from, copy.bytes);
    }
  }
}

}  // namespace coppice::kernels::host_run
