#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"

namespace coppice::kernels {

/// Columns of B and C come in multiples of this many floats: one cache line, and whole vectors on every
/// level.
inline constexpr std::int64_t kGemmUnit = 16;

/// C = A B in fp32, on the calling thread. A is read one element at a time, by any two strides, so it may be
/// a matrix or its transpose; B and C are row-major with rows of whole units. That serves all three passes of
/// a linear layer whose weights are stored as [in][out]: forward Y = X W, weight gradient X^T dY, and, from a
/// transposed copy of W, input gradient dY W^T.
///
/// Every element of C is the sum over k in order, in blocks of k that depend on `depth` alone: the result has
/// the same bits however rows and columns are shared out over calls (and so over threads).
struct Gemm {
  std::int64_t rows = 0;
  std::int64_t columns = 0;  ///< A multiple of kGemmUnit.
  std::int64_t depth = 0;    ///< At least 1.
  const float* a = nullptr;  ///< Element (i, k) at a[i * a_row + k * a_column].
  std::int64_t a_row = 0, a_column = 1;
  const float* b = nullptr;  ///< [depth][columns], rows b_row floats apart.
  std::int64_t b_row = 0;
  float* c = nullptr;  ///< [rows][columns], rows c_row floats apart.
  std::int64_t c_row = 0;
};

/// What happens to a sum before it is stored.
struct Epilogue {
  enum class Kind {
    kNone,
    kBias,      ///< C = sum + bias
    kBiasRelu,  ///< C = max(sum + bias, 0); NaN stays NaN
    kGate,      ///< C = sum where gate > 0, else 0: the gradient through a ReLU whose output is `gate`
    kUpdate,    ///< C = C - rate * sum where the mask is 1, else +0: a step of plain SGD
  };
  Kind kind = Kind::kNone;
  const float* operand = nullptr;  ///< The bias, [columns] or null; or the gate, [rows][columns].
  std::int64_t operand_row = 0;    ///< Of the gate.
  float rate = 0;
  /// Bit i * c_row + j belongs to C's element (i, j), bit b of word b / 64; null: all kept. c_row must be a
  /// multiple of kGemmUnit where it is given.
  const std::uint64_t* mask = nullptr;
};

/// Fastest where B is packed in panels: b_row = columns <= gemm_panel_columns(). Pointers ask for no
/// alignment (64 bytes is fastest).
void gemm(const Gemm& problem, const Epilogue& epilogue = {}, Isa level = isa());

/// The widest panel of B that the level's micro-kernel takes in one go.
std::int64_t gemm_panel_columns(Isa level = isa());

}  // namespace coppice::kernels
