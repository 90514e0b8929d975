#include "base/to_floats.h"

#include "coppice/error.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace coppice {

namespace {

float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float magnitude = 0;
  if (exponent == 31) {
    magnitude =
        fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  }
  return bits >> 15 ? -magnitude : magnitude;
}

float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

template <class Element, class Convert>
std::vector<float> converted(const Tensor& tensor, const Convert& convert) {
  std::vector<float> floats(tensor.bytes.size() / sizeof(Element));
  for (std::size_t i = 0; i < floats.size(); ++i) {
    Element element;
    std::memcpy(&element, tensor.bytes.data() + i * sizeof element, sizeof element);
    floats[i] = convert(element);
  }
  return floats;
}

}  // namespace

bool is_floating(DType dtype) { return dtype >= DType::kF16; }

std::vector<float> to_floats(const Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kF16: return converted<std::uint16_t>(tensor, from_half);
    case DType::kBF16: return converted<std::uint16_t>(tensor, from_bfloat);
    case DType::kF32: return converted<float>(tensor, [](float x) { return x; });
    case DType::kF64: return converted<double>(tensor, [](double x) { return static_cast<float>(x); });
    default:
      throw Failure("internal: a tensor of type " + std::string(dtype_name(tensor.dtype)) + " as floats");
  }
}

}  // namespace coppice
