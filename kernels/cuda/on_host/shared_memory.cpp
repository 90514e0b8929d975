#include "kernels/cuda/on_host/shared_memory.h"

#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include "kernels/cuda/on_host/races.h"
#include "kernels/cuda/on_host/sanitizer.h"

namespace coppice::kernels::host_run {

namespace {

constexpr std::align_val_t kAlignment{128};
constexpr std::size_t kCell = 4;

}  // namespace

SharedMemory::SharedMemory(std::int64_t bytes) : bytes_(bytes) {}

SharedMemory::~SharedMemory() {
  ::operator delete(data_, kAlignment);
  for (unsigned char* data : earlier_) ::operator delete(data, kAlignment);
}

void SharedMemory::reset() {
  if (bytes_ == 0) return;
  const auto size = static_cast<std::size_t>(bytes_);
  if (kFindsRaces && data_) earlier_.push_back(std::exchange(data_, nullptr));  // or blocks would race in it
  if (!data_) data_ = static_cast<unsigned char*>(::operator new(size, kAlignment));
  unpoison(data_, size);
  std::memset(data_, 0xff, size);
  under_way_.assign((size + kCell - 1) / kCell, false);
}

bool SharedMemory::holds(const void* address, std::int64_t bytes) const {
  const std::less_equal<const void*> before;
  return bytes <= bytes_ && before(data_, address) && before(address, data_ + (bytes_ - bytes));
}

std::size_t SharedMemory::cell(const void* address) const {
  return static_cast<std::size_t>(static_cast<const unsigned char*>(address) - data_) / kCell;
}

void SharedMemory::mark(const void* address, std::int64_t bytes, bool under_way) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(bytes) / kCell; ++i)
    under_way_[cell(address) + i] = under_way;
}

bool SharedMemory::under_way(const void* address, std::int64_t bytes) const {
  bool any = false;
  for (std::size_t i = 0; i < static_cast<std::size_t>(bytes) / kCell; ++i)
    any = any || under_way_[cell(address) + i];
  return any;
}

void SharedMemory::begin_copy(const void* address, std::int64_t bytes) {
  mark(address, bytes, true);
  poison(address, static_cast<std::size_t>(bytes));
}

void SharedMemory::end_copy(const void* address, std::int64_t bytes) {
  mark(address, bytes, false);
  unpoison(address, static_cast<std::size_t>(bytes));
}

}  // namespace coppice::kernels::host_run
