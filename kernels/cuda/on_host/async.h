#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/on_host/site.h"

namespace coppice::kernels::host_run {

/// A thread's asynchronous copies. As late as is allowed: bytes arrive in the wait that completes their
/// group, and until then nobody may touch where they go.
class AsyncCopies {
 public:
  /// The first `bytes` of `room`, which is 4 or 16, zeros behind them.
  void begin(void* shared, const void* global, std::uint32_t bytes, std::uint32_t room, const Site& site);
  void commit();
  void wait(int pending);
  bool all_arrived() const { return open_.empty() && groups_.empty(); }

 private:
  struct Copy {
    void* to;
    const void* from;
    std::uint32_t bytes, room;
  };
  std::vector<Copy> open_;
  std::vector<std::vector<Copy>> groups_;  ///< The oldest first.
};

/// Of the thread that runs.
AsyncCopies& async_copies();

}  // namespace coppice::kernels::host_run

namespace coppice::kernels {

inline void async_copy16(void* shared, const void* global,
                         const host_run::Site& site = host_run::Site::current()) {
  host_run::async_copies().begin(shared, global, 16, 16, site);
}
inline void async_copy16(void* shared, const void* global, std::uint32_t bytes,
                         const host_run::Site& site = host_run::Site::current()) {
  host_run::async_copies().begin(shared, global, bytes, 16, site);
}
inline void async_copy4(void* shared, const void* global,
                        const host_run::Site& site = host_run::Site::current()) {
  host_run::async_copies().begin(shared, global, 4, 4, site);
}
inline void async_commit() { host_run::async_copies().commit(); }
template <int pending>
void async_wait() {
  static_assert(pending >= 0);
  host_run::async_copies().wait(pending);
}

}  // namespace coppice::kernels
