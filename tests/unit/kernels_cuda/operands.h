// What we tell the libraries is read back from their own descriptors, which need no GPU, and carried out by
// plain loops: the result must be the layer's definition.
#pragma once
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/libraries/product.h"

namespace coppice::kernels {

using Doubles = std::vector<double>;

/// A random product with its operands in memory, and its result by the definition of Product.
struct Operands {
  Product product;
  Doubles w, x, y;
};

inline Operands random_operands(std::mt19937& random) {
  Operands o;
  Product& p = o.product;
  p.rows = 1 + random() % 6;
  p.inner = 1 + random() % 6;
  p.columns = 1 + random() % 5;
  p.x_by_row = p.columns > 1 && random() % 2;
  p.y_by_row = p.columns > 1 && random() % 2;
  const auto fill = [&](Doubles& values, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(random() % 19) - 9);
  };
  fill(o.w, p.rows * p.inner);
  fill(o.x, p.inner * p.columns);
  o.y.resize(p.rows * p.columns);
  for (std::int64_t m = 0; m < p.rows; ++m) {
    for (std::int64_t n = 0; n < p.columns; ++n) {
      double& y = o.y[p.y_by_row ? m * p.columns + n : n * p.rows + m];
      for (std::int64_t k = 0; k < p.inner; ++k) {
        y += o.w[m * p.inner + k] * o.x[p.x_by_row ? k * p.columns + n : n * p.inner + k];
      }
    }
  }
  return o;
}

/// A matrix as a library's descriptor says that it lies.
struct Lying {
  std::int64_t rows = 0, columns = 0, leading = 0;
  bool by_row = false, transposed = false;

  std::int64_t seen_rows() const { return transposed ? columns : rows; }
  std::int64_t seen_columns() const { return transposed ? rows : columns; }
  std::size_t place(std::int64_t r, std::int64_t c) const {
    if (transposed) std::swap(r, c);
    return static_cast<std::size_t>(by_row ? r * leading + c : c * leading + r);
  }
};

inline Doubles multiply(const Lying& a, const Doubles& a_values, const Lying& b, const Doubles& b_values,
                        const Lying& d) {
  EXPECT_EQ(a.seen_columns(), b.seen_rows());
  EXPECT_EQ(a.seen_rows(), d.rows);
  EXPECT_EQ(b.seen_columns(), d.columns);
  Doubles result(static_cast<std::size_t>(d.rows * d.columns), 1e300);
  for (std::int64_t i = 0; i < d.rows; ++i) {
    for (std::int64_t j = 0; j < d.columns; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < a.seen_columns(); ++k) {
        sum += a_values.at(a.place(i, k)) * b_values.at(b.place(k, j));
      }
      result.at(d.place(i, j)) = sum;
    }
  }
  return result;
}

}  // namespace coppice::kernels
