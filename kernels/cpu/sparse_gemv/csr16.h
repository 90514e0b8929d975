#pragma once
#include <cstdint>

#include "kernels/cpu/by_isa.h"

namespace coppice::kernels {

/// Columns of a block: what 16 bits count.
inline constexpr std::int64_t kCsr16Block = 65536;

/// Compressed rows, each cut where its columns pass from one block into the next.
struct Csr16Problem {
  const std::int64_t* begin;    ///< [rows * blocks + 1]: row r, block b at r * blocks + b.
  const std::uint16_t* column;  ///< Within the block.
  const float* value;
  std::int64_t blocks;
  std::int64_t images, columns, rows;
  const float* bias;  ///< [rows]
  bool relu;
  const float* x;
  const float* residual;  ///< Or null.
  float* y;
};

/// Rows [begin, end).
COPPICE_DECLARE_BY_ISA(void csr16_rows(const Csr16Problem& p, std::int64_t begin, std::int64_t end);)

}  // namespace coppice::kernels
