#include "kernels/cuda/libraries/sparse_formats.h"

#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/error.h"

namespace coppice::kernels {
namespace {

using Ints = std::vector<std::int32_t>;
using Floats = std::vector<float>;

Csr small() {  // 1 0 2 0 / 0 0 0 0 / 3 4 5 0
  const float dense[] = {1, 0, 2, 0, 0, 0, 0, 0, 3, 4, 5, 0};
  return csr_from_dense(dense, 3, 4);
}

TEST(SparseFormats, Csr) {
  const SparseArrays a = csr_arrays(small());
  EXPECT_EQ(a.begin, (Ints{0, 2, 2, 5}));
  EXPECT_EQ(a.column, (Ints{0, 2, 0, 1, 2}));
  EXPECT_EQ(a.value, (Floats{1, 2, 3, 4, 5}));
  EXPECT_EQ(a.shape.stored, 5);
  EXPECT_EQ(a.shape.text(), "CSR");
}

TEST(SparseFormats, SlicedEllPadsEachSliceAndTheRowsBehindTheLast) {
  const SparseArrays a = sliced_ell_arrays(small(), 2);
  EXPECT_EQ(a.begin, (Ints{0, 4, 10}));
  EXPECT_EQ(a.column, (Ints{0, -1, 2, -1, 0, -1, 1, -1, 2, -1}));
  EXPECT_EQ(a.value, (Floats{1, 0, 2, 0, 3, 0, 4, 0, 5, 0}));
  EXPECT_EQ(a.shape.nonzeros, 5);
  EXPECT_EQ(a.shape.stored, 10);
}

Csr blocks() {                              // blocks of 2: [0][1] / [2] only
  const float dense[] = {1, 0, 0, 0, 0, 0,  //
                         0, 2, 3, 0, 0, 0,  //
                         0, 0, 0, 0, 4, 5,  //
                         0, 0, 0, 0, 6, 0};
  return csr_from_dense(dense, 4, 6);
}

TEST(SparseFormats, Bsr) {
  EXPECT_EQ(occupied_blocks(blocks(), 2), (std::vector<Ints>{{0, 1}, {2}}));
  EXPECT_EQ(bsr_values(blocks(), 2), 12);
  const SparseArrays a = bsr_arrays(blocks(), 2);
  EXPECT_EQ(a.begin, (Ints{0, 2, 3}));
  EXPECT_EQ(a.column, (Ints{0, 1, 2}));
  EXPECT_EQ(a.value, (Floats{1, 0, 0, 2, 0, 0, 3, 0, 4, 5, 6, 0}));
}

TEST(SparseFormats, BlockedEll) {
  EXPECT_EQ(blocked_ell_values(blocks(), 2), 16);
  const SparseArrays a = blocked_ell_arrays(blocks(), 2);
  EXPECT_TRUE(a.begin.empty());
  EXPECT_EQ(a.column, (Ints{0, 1, 2, -1}));
  EXPECT_EQ(a.value, (Floats{1, 0, 0, 0, 0, 2, 3, 0, 4, 5, 0, 0, 6, 0, 0, 0}));
}

TEST(SparseFormats, BlocksThatDoNotDivideTheMatrixStoreNothing) {
  EXPECT_EQ(bsr_values(blocks(), 4), 0);
  EXPECT_EQ(blocked_ell_values(blocks(), 4), 0);
}

/// Every format says the same matrix, read back by its definition.
TEST(SparseFormats, KeepEveryNonzeroOfRandomMatrices) {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    const std::int64_t size = 1 << random() % 4, rows = size * (1 + random() % 5),
                       columns = size * (1 + random() % 6);
    Floats dense(static_cast<std::size_t>(rows * columns));
    for (float& value : dense) value = random() % 4 == 0 ? static_cast<float>(1 + random() % 9) : 0;
    const Csr csr = csr_from_dense(dense.data(), rows, columns);

    Floats back(dense.size());
    const SparseArrays sell = sliced_ell_arrays(csr, size);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t i = sell.begin[r / size] + r % size; i < sell.begin[r / size + 1]; i += size) {
        if (sell.column[i] >= 0) back[r * columns + sell.column[i]] += sell.value[i];
      }
    }
    EXPECT_EQ(back, dense);

    back.assign(dense.size(), 0);
    const SparseArrays bsr = bsr_arrays(csr, size);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t b = bsr.begin[r / size]; b < bsr.begin[r / size + 1]; ++b) {
        for (std::int64_t c = 0; c < size; ++c) {
          back[r * columns + bsr.column[b] * size + c] += bsr.value[(b * size + r % size) * size + c];
        }
      }
    }
    EXPECT_EQ(back, dense);

    back.assign(dense.size(), 0);
    const SparseArrays ell = blocked_ell_arrays(csr, size);
    const std::int64_t width = ell.shape.stored / rows;
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t i = 0; i < width; ++i) {
        const std::int64_t block = ell.column[r / size * (width / size) + i / size];
        if (block >= 0) back[r * columns + block * size + i % size] += ell.value[r * width + i];
      }
    }
    EXPECT_EQ(back, dense);
  }
}

TEST(SparseFormats, GroupsAreAlignedAndOfOneRow) {
  const auto fits = [](std::initializer_list<float> row, std::int64_t kept, std::int64_t group) {
    return sparse_in_groups(csr_from_dense(row.begin(), 1, static_cast<std::int64_t>(row.size())), kept,
                            group);
  };
  EXPECT_TRUE(fits({1, 1, 0, 0, 0, 0, 1, 1}, 2, 4));
  EXPECT_TRUE(fits({0, 0, 1, 1, 1, 1, 0, 0}, 2, 4));  // four in a row, but in two groups
  EXPECT_FALSE(fits({1, 0, 1, 1, 0, 0, 0, 0}, 2, 4));
  EXPECT_FALSE(fits({0, 0, 0, 0, 1, 1, 1, 0}, 2, 4));
  EXPECT_TRUE(fits({0, 0, 0, 0}, 2, 4));
  EXPECT_TRUE(fits({1, 0, 0, 1}, 1, 2));
  EXPECT_FALSE(fits({0, 0, 1, 1}, 1, 2));
  const float two_rows[] = {0, 0, 1, 1, 1, 1, 0, 0};  // the end of one row and the beginning of the next
  EXPECT_TRUE(sparse_in_groups(csr_from_dense(two_rows, 2, 4), 2, 4));
}

TEST(SparseFormats, SayWhenIndicesDoNotSuffice) {
  // One full row makes a slice of 2^16 rows as long: 2^31 values, found before any memory is asked for.
  Csr matrix;
  matrix.rows = 2;
  matrix.columns = 1 << 15;
  for (std::int32_t c = 0; c < 1 << 15; ++c) {
    matrix.column.push_back(c);
    matrix.value.push_back(1);
  }
  matrix.begin = {0, 1 << 15, 1 << 15};
  EXPECT_THROW(sliced_ell_arrays(matrix, 1 << 16), CudaError);
}

}  // namespace
}  // namespace coppice::kernels
