#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace coppice {

/// Steps from which the search for a stable one chooses, ascending: 0, and length / 1024 to length / 2, each
/// twice the one before (rounded up; the same step once). None at the end of training: two copies that train
/// no further are always connected.
std::vector<std::int64_t> stable_grid(std::int64_t length);

/// The first candidate that is stable, if all after it are stable, too: 0 is asked about first, because small
/// networks are stable there, the others by bisection. None: none is, up to the last. `candidates` ascend,
/// and begin with 0.
std::optional<std::int64_t> first_stable(const std::vector<std::int64_t>& candidates,
                                         const std::function<bool(std::int64_t step)>& is_stable);

/// The steps of the costliest outcome of a search over these candidates: those of its copies, each from its
/// candidate to `length`, and `steps_after(found)` of what follows (found: the last candidate, where none is
/// stable).
std::int64_t dearest_outcome(const std::vector<std::int64_t>& candidates, std::int64_t length,
                             const std::function<std::int64_t(std::int64_t found)>& steps_after);

}  // namespace coppice
