#include "sparse/piece_executable.h"

#include <exception>

namespace coppice {

PieceExecutable::PieceExecutable(std::vector<std::unique_ptr<Executable>> threads, std::int64_t pieces)
    : threads_(std::move(threads)), pieces_(pieces) {}

void PieceExecutable::run(const float* images, float* logits) {
  const auto threads = static_cast<std::int64_t>(threads_.size());
  std::exception_ptr failure;
#pragma omp parallel for num_threads(static_cast <int>(threads)) schedule(static, 1) if (threads > 1)
  for (std::int64_t thread = 0; thread < threads; ++thread) {
    try {
      Executable& own = *threads_[static_cast<std::size_t>(thread)];
      for (std::int64_t piece = pieces_ * thread / threads; piece < pieces_ * (thread + 1) / threads;
           ++piece) {
        own.run(images + piece * own.image_floats(), logits + piece * own.logit_floats());
      }
    } catch (...) {
#pragma omp critical(coppice_piece_failure)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

std::int64_t PieceExecutable::activation_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& thread : threads_) bytes += thread->activation_bytes();
  return bytes;
}

std::int64_t PieceExecutable::packed_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& thread : threads_) bytes += thread->packed_bytes();
  return bytes;
}

}  // namespace coppice
