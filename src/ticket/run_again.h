#pragma once
#include "coppice/data.h"
#include "coppice/error.h"
#include "coppice/train.h"

#include <optional>

#include "base/paths.h"

namespace coppice {

/// Why a run's results cannot be computed again here.
class CannotRepeat : public Failure {
 public:
  using Failure::Failure;
};

/// What it takes to compute again, bit for bit, what a run computed.
class RunAgain {
 public:
  /// References must outlive it.
  RunAgain(const RunPaths& paths, const Config& config) : paths_(paths), config_(config) {}

  /// Loaded once. Throws CannotRepeat where it is not at hand or is not what the run had.
  const Data& data();

  /// With the run's threads. Throws CannotRepeat where processor, instruction set or LibTorch are others, or
  /// the GPU is missing.
  Device device() const;

 private:
  const RunPaths& paths_;
  const Config& config_;
  std::optional<Data> data_;
};

}  // namespace coppice
