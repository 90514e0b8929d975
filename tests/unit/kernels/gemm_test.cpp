#include "kernels/cpu/gemm/gemm.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace coppice::kernels {
namespace {

std::vector<Isa> levels() {
  std::vector<Isa> list;
  for (const Isa level : {Isa::kV2, Isa::kV3, Isa::kV4}) {
    if (level <= isa()) list.push_back(level);
  }
  return list;
}

std::vector<float> random_floats(std::int64_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = uniform(random);
  return values;
}

// A problem with its own storage; rows of everything have slack, so that a wrong stride or a write past the
// end shows.
struct Case {
  std::int64_t rows, columns, depth;
  bool transposed;
  std::vector<float> a, b, c, operand;
  std::vector<std::uint64_t> mask;
  static constexpr float kGuard = 12345;

  Case(std::int64_t r, std::int64_t n, std::int64_t k, bool t, std::int64_t b_slack = 0)
      : rows(r), columns(n), depth(k), transposed(t), b_row(n + b_slack) {
    a = random_floats((rows + 3) * (depth + 3), 1);
    b = random_floats(depth * b_row, 2);
    c.assign(static_cast<std::size_t>(rows * c_row() + 64), kGuard);
    operand = random_floats(rows * c_row() + 64, 3);
    mask.resize(static_cast<std::size_t>(rows * c_row() / 64 + 2));
    std::mt19937_64 random(4);
    for (auto& word : mask) word = random();
  }
  std::int64_t b_row;
  std::int64_t c_row() const { return columns + kGemmUnit; }
  std::int64_t a_row() const { return transposed ? 1 : depth + 3; }
  std::int64_t a_column() const { return transposed ? rows + 3 : 1; }
  Gemm problem() {
    return {rows, columns, depth, a.data(), a_row(), a_column(), b.data(), b_row, c.data(), c_row()};
  }
  double sum(std::int64_t i, std::int64_t j) const {
    double total = 0;
    for (std::int64_t k = 0; k < depth; ++k) {
      total += static_cast<double>(a[static_cast<std::size_t>(i * a_row() + k * a_column())]) *
               static_cast<double>(b[static_cast<std::size_t>(k * b_row + j)]);
    }
    return total;
  }
  float at(std::int64_t i, std::int64_t j) const { return c[static_cast<std::size_t>(i * c_row() + j)]; }
  // Far below any one term, far above rounding.
  double tolerance() const { return 1e-6 + 1e-7 * static_cast<double>(depth); }
  void check_guards() const {
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = columns; j < c_row(); ++j) ASSERT_EQ(at(i, j), kGuard) << i << " " << j;
    }
    for (std::size_t i = static_cast<std::size_t>(rows * c_row()); i < c.size(); ++i) ASSERT_EQ(c[i], kGuard);
  }
};

TEST(Gemm, AgreesWithDoublePrecisionForEveryTailOnEveryLevel) {
  for (const Isa level : levels()) {
    for (const std::int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 23, 40}) {
      for (const std::int64_t columns : {16, 32, 48, 64, 80, 112, 304}) {
        for (const std::int64_t depth : {1, 2, 5, 127, 128, 129, 300}) {
          if (rows > 13 && columns > 112) continue;
          Case test(rows, columns, depth, (rows + depth) % 2 == 0);
          gemm(test.problem(), {}, level);
          for (std::int64_t i = 0; i < rows; ++i) {
            for (std::int64_t j = 0; j < columns; ++j) {
              ASSERT_NEAR(test.at(i, j), test.sum(i, j), test.tolerance())
                  << isa_name(level) << " " << rows << "x" << columns << "x" << depth << " at " << i << ","
                  << j;
            }
          }
          test.check_guards();
        }
      }
    }
  }
}

TEST(Gemm, EpiloguesOnEveryLevel) {
  using Kind = Epilogue::Kind;
  for (const Isa level : levels()) {
    for (const Kind kind : {Kind::kBias, Kind::kBiasRelu, Kind::kGate, Kind::kUpdate}) {
      for (const std::int64_t depth : {7, 128, 261}) {
        for (const bool given : {true, false}) {  // bias or mask
          Case test(17, 80, depth, true);
          const std::vector<float> before = random_floats(static_cast<std::int64_t>(test.c.size()), 5);
          if (kind == Kind::kUpdate) {
            for (std::int64_t i = 0; i < test.rows; ++i) {
              for (std::int64_t j = 0; j < test.columns; ++j) {
                const auto place = static_cast<std::size_t>(i * test.c_row() + j);
                test.c[place] = before[place];
              }
            }
          }
          Epilogue epilogue = {kind, given || kind == Kind::kGate ? test.operand.data() : nullptr,
                               test.c_row(), 0.1f, given ? test.mask.data() : nullptr};
          gemm(test.problem(), epilogue, level);
          for (std::int64_t i = 0; i < test.rows; ++i) {
            for (std::int64_t j = 0; j < test.columns; ++j) {
              const auto place = static_cast<std::size_t>(i * test.c_row() + j);
              const double bias = given ? test.operand[static_cast<std::size_t>(j)] : 0;
              double expected = test.sum(i, j);
              if (kind == Kind::kBias) expected += bias;
              if (kind == Kind::kBiasRelu) expected = std::max(0.0, expected + bias);
              if (kind == Kind::kGate && test.operand[place] <= 0) expected = 0;
              if (kind == Kind::kUpdate) {
                const bool kept = !given || (test.mask[place / 64] >> (place % 64) & 1);
                expected = kept ? before[place] - 0.1 * expected : 0;
                if (!kept) {
                  std::uint32_t bits;
                  std::memcpy(&bits, &test.c[place], sizeof bits);
                  ASSERT_EQ(bits, 0u) << "+0 exactly";
                }
              }
              ASSERT_NEAR(test.at(i, j), expected, test.tolerance())
                  << isa_name(level) << " kind " << static_cast<int>(kind) << " at " << i << "," << j;
            }
          }
          test.check_guards();
        }
      }
    }
  }
}

TEST(Gemm, SameBitsHoweverRowsAndColumnsAreSharedOut) {
  for (const Isa level : levels()) {
    Case whole(37, 304, 300, false);
    gemm(whole.problem(), {}, level);
    for (const std::int64_t width : {16, 32, 48, 64, 128}) {
      for (const std::int64_t height : {1, 5, 12, 30}) {
        Case parts(37, 304, 300, false);
        for (std::int64_t column = 0; column < 304; column += width) {
          for (std::int64_t row = 0; row < 37; row += height) {
            Gemm part = parts.problem();
            part.rows = std::min<std::int64_t>(height, 37 - row);
            part.columns = std::min<std::int64_t>(width, 304 - column);
            part.a += row * part.a_row;
            part.b += column;
            part.c += row * part.c_row + column;
            gemm(part, {}, level);
          }
        }
        ASSERT_EQ(0, std::memcmp(whole.c.data(), parts.c.data(), whole.c.size() * sizeof(float)));
      }
    }
  }
}

TEST(Gemm, SpreadRowsOfBGiveTheSameBitsAsPackedOnes) {
  for (const Isa level : levels()) {
    Case packed(130, 64, 200, false), spread(130, 64, 200, false, 48);
    for (std::int64_t k = 0; k < 200; ++k) {
      std::copy_n(packed.b.begin() + k * 64, 64, spread.b.begin() + k * spread.b_row);
    }
    gemm(packed.problem(), {}, level);
    gemm(spread.problem(), {}, level);
    ASSERT_EQ(0, std::memcmp(packed.c.data(), spread.c.data(), packed.c.size() * sizeof(float)));
  }
}

TEST(Gemm, ABroadcastWithStrideZeroSumsTheRowsOfB) {
  const float one = 1;
  for (const Isa level : levels()) {
    Case test(1, 48, 77, false);
    Gemm problem = test.problem();
    problem.a = &one;
    problem.a_row = problem.a_column = 0;
    gemm(problem, {}, level);
    for (std::int64_t j = 0; j < 48; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < 77; ++k)
        sum += static_cast<double>(test.b[static_cast<std::size_t>(k * 48 + j)]);
      ASSERT_NEAR(test.at(0, j), sum, test.tolerance());
    }
  }
}

TEST(Gemm, NotANumberPassesAReluAndNoMask) {
  for (const Isa level : levels()) {
    Case test(3, 16, 4, false);
    test.a[0] = std::numeric_limits<float>::quiet_NaN();  // row 0
    gemm(test.problem(), {Epilogue::Kind::kBiasRelu}, level);
    for (std::int64_t j = 0; j < 16; ++j) {
      EXPECT_TRUE(std::isnan(test.at(0, j)));
      EXPECT_FALSE(std::isnan(test.at(1, j)));
    }
    Case update(3, 16, 4, false);
    update.a[0] = test.a[0];
    update.mask.assign(update.mask.size(), 0);
    gemm(update.problem(), {Epilogue::Kind::kUpdate, nullptr, 0, 0.1f, update.mask.data()}, level);
    for (std::int64_t i = 0; i < 3; ++i) {
      for (std::int64_t j = 0; j < 16; ++j) EXPECT_EQ(update.at(i, j), 0.0f);
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
