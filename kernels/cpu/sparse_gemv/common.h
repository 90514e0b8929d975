#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "kernels/candidate.h"

namespace coppice::kernels {

/// Why a request is not for a GEMV; empty where it is.
std::string gemv_refusal(const Request& request);

/// Numbers of threads worth timing, the likelier first.
std::vector<int> gemv_threads(const Request& request);

/// Units in `parts` ranges of nearly equal work: range i is [result[i], result[i + 1]). before[u]: the work
/// of all units before u; before.back() that of all.
std::vector<std::int64_t> equal_shares(const std::vector<std::int64_t>& before, int parts);

/// An array at the start of a cache line.
template <class T>
class AlignedArray {
 public:
  explicit AlignedArray(std::int64_t size) : size_(size) {
    const std::size_t bytes = (static_cast<std::size_t>(size) * sizeof(T) + 127) / 64 * 64;
    data_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
    if (!data_) throw std::bad_alloc();
    for (std::int64_t i = 0; i < size; ++i) data_.get()[i] = T{};
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::int64_t bytes() const { return size_ * static_cast<std::int64_t>(sizeof(T)); }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::int64_t size_;
  std::unique_ptr<T[], Free> data_;
};

}  // namespace coppice::kernels
