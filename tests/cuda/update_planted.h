// The masked update's source with faults planted in it, in a namespace of its own: for tests that look
// whether faults show, or the tests of the kernel itself would prove nothing.
#pragma once
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/masked_update/parts.cuh"
#include "kernels/cuda/masked_update/problem.h"
#include "kernels/cuda/masked_update/rules.cuh"
#include "kernels/cuda/row_plan/last_to_arrive.cuh"

namespace update_planted {

namespace kernels = ::coppice::kernels;

struct Faults {
  bool no_wait = false;               ///< For the launch before.
  std::uint32_t quads_beyond = 0;     ///< That a chunk seems to have.
  int bit = 0;                        ///< Added to the place of an element's bit, of vectors
  std::uint32_t single_bit = 0;       ///< and of elements that go one by one.
  std::uint32_t mask_later = 0;       ///< Bytes that a chunk's mask seems to begin later, for vectors.
  bool same_half = false;             ///< Both lanes take the lower half of the byte that they share.
  std::uint32_t singles_later = 0;    ///< Elements between the vectors and the rest.
  std::uint32_t chunks_left_out = 0;  ///< By every step of a block.
  bool nothing_cleared = false;       ///< Pruned elements are updated as all others.
  const float *left = nullptr, *left_end = nullptr;  ///< An array that is not cleared.
  unsigned early = 0;                                ///< Added to the blocks that have arrived.
  bool no_barrier_count = false;                     ///< The count of blocks is left as it is.
};
inline Faults faults;

inline void wait() {
  if (!faults.no_wait) kernels::wait_for_previous_launch();
}
inline bool has_quad(const kernels::UpdateChunk& chunk, int round) {
  return kernels::quad_of(round) < chunk.quads + faults.quads_beyond;
}
inline kernels::MaskBytes mask_bytes(const kernels::UpdateChunk& chunk) {
  kernels::UpdateChunk as_told = chunk;
  as_told.quads += faults.quads_beyond;
  if (as_told.mask) as_told.mask += faults.mask_later;
  return kernels::mask_bytes(as_told);
}
inline bool kept_in(std::uint32_t byte, int round, int i) {
  if (faults.same_half) return (byte >> i & 1u) != 0;
  return kernels::kept_in(byte, round, i + faults.bit);
}
inline bool kept_at(const kernels::UpdateChunk& chunk, std::uint32_t element) {
  return kernels::kept_at(chunk, element + faults.single_bit);
}
inline float cleared(float value, bool kept) {
  return kernels::cleared(value, kept || faults.nothing_cleared);
}
inline std::uint32_t first_single(const kernels::UpdateChunk& chunk) {
  return kernels::first_single(chunk) + faults.singles_later;
}
inline std::uint32_t chunk_after(std::uint32_t chunk) {
  return kernels::chunk_after(chunk) + faults.chunks_left_out;
}
inline void store_quad(float* array, std::uint32_t quad, const float (&v)[4]) {
  if (array < faults.left || array >= faults.left_end) return kernels::store_quad(array, quad, v);
  for (int i = 0; i < 4; ++i) {
    if (v[i] != 0) array[4 * quad + static_cast<std::uint32_t>(i)] = v[i];
  }
}
inline bool last_to_arrive(unsigned* arrived, unsigned parts, unsigned* flag) {
  if (faults.no_barrier_count) return false;
  return kernels::last_to_arrive(arrived, parts - faults.early, flag);
}

// The kernel once more, in a namespace of its own.
namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#define wait_for_previous_launch() ::update_planted::wait()
#define has_quad ::update_planted::has_quad
#define mask_bytes ::update_planted::mask_bytes
#define kept_in ::update_planted::kept_in
#define kept_at ::update_planted::kept_at
#define cleared ::update_planted::cleared
#define first_single ::update_planted::first_single
#define chunk_after ::update_planted::chunk_after
#define store_quad ::update_planted::store_quad
#define last_to_arrive ::update_planted::last_to_arrive
#include "kernels/cuda/masked_update/kernel.cuh"
#undef wait_for_previous_launch
#undef has_quad
#undef mask_bytes
#undef kept_in
#undef kept_at
#undef cleared
#undef first_single
#undef chunk_after
#undef store_quad
#undef last_to_arrive

}  // namespace update_planted
