// A mask keeps one invariant beyond its header: the bits that pad a row to a whole byte are 0. So counting
// and comparing walk the bytes as 64-bit words and never look at rows.
#include "coppice/mask.h"

#include "coppice/error.h"
#include "coppice/tensor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coppice {

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Sum of count(word of a, word of b) over two equally long byte strings, the last word filled up with zeros.
template <class Count>
std::int64_t sum_over_words(const Bytes& a, const Bytes& b, Count count) {
  const std::size_t whole = a.size() / 8 * 8;
  std::int64_t sum = 0;
  std::uint64_t x = 0, y = 0;
  for (std::size_t i = 0; i < whole; i += 8) {
    std::memcpy(&x, a.data() + i, 8);
    std::memcpy(&y, b.data() + i, 8);
    sum += count(x, y);
  }
  x = y = 0;
  for (std::size_t i = whole; i < a.size(); ++i) x = x << 8 | a[i], y = y << 8 | b[i];
  return sum + count(x, y);
}

std::int64_t differing(const Mask& a, const Mask& b) {
  return sum_over_words(a.bytes(), b.bytes(),
                        [](std::uint64_t x, std::uint64_t y) { return std::popcount(x ^ y); });
}

std::string text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

void require_same_shape(const Mask& a, const Mask& b) {
  if (a.shape() != b.shape()) {
    throw BadInput(fmt::format("masks of different shapes, {} and {}, cannot be compared", text(a.shape()),
                               text(b.shape())));
  }
}

/// A byte of the mask as eight bytes 0 or 1.
constexpr std::array<std::array<std::uint8_t, 8>, 256> kUnpackedByte = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) table[byte][bit] = static_cast<std::uint8_t>(byte >> bit & 1);
  }
  return table;
}();

}  // namespace

Mask Mask::from_bytes(std::vector<std::int64_t> shape, std::vector<std::uint8_t> bytes) {
  if (shape.empty()) throw BadInput("a mask needs a shape of at least one dimension");
  element_count(shape);  // throws where rows x columns overflows
  Mask mask;
  mask.rows_ = shape[0];
  mask.columns_ = element_count(std::span(shape).subspan(1));
  mask.shape_ = std::move(shape);
  mask.bytes_ = std::move(bytes);
  const std::int64_t expected = mask.rows_ * mask.row_bytes();
  if (static_cast<std::uint64_t>(expected) != mask.bytes_.size()) {
    throw BadInput(fmt::format("a mask of shape {} has {} bytes and needs {} ({} rows of {})",
                               text(mask.shape_), mask.bytes_.size(), expected, mask.rows_,
                               mask.row_bytes()));
  }
  if (const int used = static_cast<int>(mask.columns_ % 8); used != 0) {
    for (std::int64_t row = 0; row < mask.rows_; ++row) {
      if (mask.bytes_[static_cast<std::size_t>((row + 1) * mask.row_bytes() - 1)] >> used != 0) {
        throw BadInput(fmt::format("row {} of a mask of shape {} has a padding bit that is not 0", row,
                                   text(mask.shape_)));
      }
    }
  }
  return mask;
}

Mask Mask::ones(std::vector<std::int64_t> shape) {
  if (shape.empty()) return from_bytes(std::move(shape), {});  // which says what is wrong
  element_count(shape);
  const std::int64_t rows = shape[0], columns = element_count(std::span(shape).subspan(1));
  const std::int64_t row_bytes = (columns + 7) / 8;
  Bytes bytes(static_cast<std::size_t>(rows * row_bytes), std::uint8_t{0xFF});
  if (columns % 8 != 0) {
    const auto last = static_cast<std::uint8_t>((1 << columns % 8) - 1);
    for (std::int64_t row = 1; row <= rows; ++row)
      bytes[static_cast<std::size_t>(row * row_bytes - 1)] = last;
  }
  return from_bytes(std::move(shape), std::move(bytes));
}

void Mask::set(std::int64_t flat, bool keep) {
  const std::int64_t row = flat / columns_, column = flat % columns_;
  std::uint8_t& byte = bytes_[static_cast<std::size_t>(row * row_bytes() + column / 8)];
  const auto bit = static_cast<std::uint8_t>(1 << column % 8);
  byte = static_cast<std::uint8_t>(keep ? byte | bit : byte & ~bit);
}

std::int64_t Mask::kept() const {
  return sum_over_words(bytes_, bytes_, [](std::uint64_t x, std::uint64_t) { return std::popcount(x); });
}

bool Mask::nested_in(const Mask& other) const {
  require_same_shape(*this, other);
  return sum_over_words(bytes_, other.bytes_,
                        [](std::uint64_t x, std::uint64_t y) { return (x & ~y) != 0 ? 1 : 0; }) == 0;
}

double Mask::distance(const Mask& other) const {
  require_same_shape(*this, other);
  return size() == 0 ? 0.0 : static_cast<double>(differing(*this, other)) / static_cast<double>(size());
}

std::vector<std::uint8_t> Mask::unpacked() const {
  Bytes out(static_cast<std::size_t>(size()));
  std::uint8_t* to = out.data();
  const std::uint8_t* from = bytes_.data();
  for (std::int64_t row = 0; row < rows_; ++row) {
    for (std::int64_t left = columns_; left > 0; left -= 8) {
      const std::size_t take = static_cast<std::size_t>(std::min<std::int64_t>(left, 8));
      std::memcpy(to, kUnpackedByte[*from++].data(), take);
      to += take;
    }
  }
  return out;
}

const Mask* find(const Masks& masks, const std::string& name) {
  const auto found = std::ranges::find(masks, name, &NamedMask::name);
  return found == masks.end() ? nullptr : &found->mask;
}

std::int64_t kept(const Masks& masks) {
  std::int64_t sum = 0;
  for (const NamedMask& named : masks) sum += named.mask.kept();
  return sum;
}

std::int64_t prunable(const Masks& masks) {
  std::int64_t sum = 0;
  for (const NamedMask& named : masks) sum += named.mask.size();
  return sum;
}

bool nested_in(const Masks& inner, const Masks& outer) {
  return std::ranges::equal(inner, outer, [](const NamedMask& a, const NamedMask& b) {
    return a.name == b.name && a.mask.shape() == b.mask.shape() && a.mask.nested_in(b.mask);
  });
}

double distance(const Masks& a, const Masks& b) {
  if (a.size() != b.size())
    throw BadInput(fmt::format("masks of {} and of {} tensors cannot be compared", a.size(), b.size()));
  std::int64_t different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name)
      throw BadInput(fmt::format("masks of '{}' and of '{}' cannot be compared", a[i].name, b[i].name));
    require_same_shape(a[i].mask, b[i].mask);
    different += differing(a[i].mask, b[i].mask);
  }
  const std::int64_t all = prunable(a);
  return all == 0 ? 0.0 : static_cast<double>(different) / static_cast<double>(all);
}

}  // namespace coppice
