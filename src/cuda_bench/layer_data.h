#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"

namespace coppice {

/// The values as the precision stores them, as floats again: bf16 rounded, the others as they are.
std::vector<float> as_stored(std::vector<float> values, kernels::Precision precision);

/// Activations from PyTorch's order into a layout, in the precision's elements: what is uploaded.
std::vector<unsigned char> packed_activations(const std::vector<float>& plain,
                                              const kernels::Activations& target,
                                              kernels::Precision precision);

/// What a layer gives on some rows and images, in FP64: enough to never time a wrong kernel.
class OutputCheck {
 public:
  /// x lies in PyTorch's order and, as the weights, is rounded here as the precision stores it.
  OutputCheck(const kernels::Layer& layer, std::int64_t images, const std::vector<float>& x,
              kernels::Precision precision);

  /// Empty where the whole output `y`, in its layout and the precision's elements, is right on the sample;
  /// else the first difference in words. Allowed is, with n products in a sum (the nonzeros, or all columns
  /// of a dense kernel), e = ((n + 2) 2^-23 + u_in) sum |w x| and u_out (|y| + e): u_in = 2^-9 in TF32, whose
  /// operands lose 13 bits each, and u_out = 2^-8 in bf16.
  std::string complaint(const std::vector<unsigned char>& y, kernels::Layout layout, bool sparse) const;

 private:
  kernels::Precision precision_;
  kernels::Activations output_;
  std::int64_t pixels_, columns_;
  std::vector<std::int64_t> rows_, images_, nonzeros_;
  std::vector<double> expected_, bound_;  ///< [image][row][pixel] of the sample.
};

}  // namespace coppice
