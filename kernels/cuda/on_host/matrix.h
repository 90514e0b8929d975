#pragma once
#include <cstdint>

#include "kernels/cuda/on_host/site.h"

namespace coppice::kernels {

namespace host_run {

void load_matrices(std::uint32_t (&r)[4], const void* shared_row, bool transposed, const Site& site);
void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const Site& site);

}  // namespace host_run

inline void load_matrices(std::uint32_t (&r)[4], const void* shared_row,
                          const host_run::Site& site = host_run::Site::current()) {
  host_run::load_matrices(r, shared_row, false, site);
}
inline void load_matrices_transposed(std::uint32_t (&r)[4], const void* shared_row,
                                     const host_run::Site& site = host_run::Site::current()) {
  host_run::load_matrices(r, shared_row, true, site);
}
/// Products are exact; each sum is made in double, c first and then by rising k, and rounded once: at least
/// as exact as hardware, which keeps fewer bits in between.
inline void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                     const host_run::Site& site = host_run::Site::current()) {
  host_run::mma_bf16(c, a, b, site);
}

}  // namespace coppice::kernels
