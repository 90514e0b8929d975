#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace coppice {

/// Which weights of one tensor are kept: a value, bit-packed. The tensor is seen as a matrix [rows = dim 0,
/// columns = the rest]; each row starts on a byte and is packed as numpy.packbits(row, bitorder="little");
/// bit 1 = kept.
class Mask {
 public:
  Mask() = default;
  /// All kept. Shape as the weight's, at least one dimension.
  static Mask ones(std::vector<std::int64_t> shape);
  /// From packed rows. Throws BadInput on a size that does not fit the shape or a padding bit that is not 0.
  static Mask from_bytes(std::vector<std::int64_t> shape, std::vector<std::uint8_t> bytes);

  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t size() const { return rows_ * columns_; }
  std::int64_t row_bytes() const { return (columns_ + 7) / 8; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  bool get(std::int64_t flat) const {
    const std::int64_t row = flat / columns_, column = flat % columns_;
    return bytes_[static_cast<std::size_t>(row * row_bytes() + column / 8)] >> (column % 8) & 1;
  }
  void set(std::int64_t flat, bool keep);

  std::int64_t kept() const;  ///< Number of bits that are 1.

  bool nested_in(const Mask& other) const;   ///< Every weight kept here is kept there. Shapes must agree.
  double distance(const Mask& other) const;  ///< Normalised Hamming distance in [0, 1]. Shapes must agree.

  /// One 0/1 byte per weight, flat row-major.
  std::vector<std::uint8_t> unpacked() const;

  bool operator==(const Mask&) const = default;

 private:
  std::vector<std::int64_t> shape_;
  std::int64_t rows_ = 0, columns_ = 0;
  std::vector<std::uint8_t> bytes_;
};

struct NamedMask {
  std::string name;  ///< Of the weight tensor: "fc1.weight".
  Mask mask;
  bool operator==(const NamedMask&) const = default;
};

/// The masks of a network's prunable tensors, in node order: their index is the "layer index" that breaks
/// ties.
using Masks = std::vector<NamedMask>;

const Mask* find(const Masks& masks, const std::string& name);  ///< Null where the tensor is not prunable.
std::int64_t kept(const Masks& masks);                          ///< Over all tensors.
std::int64_t prunable(const Masks& masks);                      ///< Kept or not.
bool nested_in(const Masks& inner, const Masks& outer);         ///< False too where names or shapes differ.
double distance(const Masks& a, const Masks& b);  ///< Normalised Hamming distance over all tensors.

}  // namespace coppice
