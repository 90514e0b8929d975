#pragma once
#include <cstdint>

namespace coppice {

/// A sparse matrix by rows, as Eigen takes it.
struct EigenCsr {
  std::int64_t rows, columns, nonzeros;
  const int* begin;
  const int* column;
  const float* value;
};

// y [rows][width] = w x, x [columns][width], by Eigen as compiled for one level of instruction sets.
#define COPPICE_DECLARE(isa)                                                                        \
  namespace isa {                                                                                   \
  void eigen_product(const EigenCsr& w, const float* x, std::int64_t width, float* y, int threads); \
  }
COPPICE_DECLARE(v2)
COPPICE_DECLARE(v3)
COPPICE_DECLARE(v4)
COPPICE_DECLARE(portable)
#undef COPPICE_DECLARE

}  // namespace coppice
