#pragma once
#include <cstdint>

namespace coppice::kernels {

/// Runs a chain of integer additions, each waiting for the one before, `rounds` times, and returns its length
/// in clock cycles: an addition of two registers takes one on every processor we build for. Timing it gives
/// the clock without a hardware counter, which virtual machines do not have.
double chain_burst(std::int64_t rounds);

}  // namespace coppice::kernels
