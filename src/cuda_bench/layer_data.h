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

  /// Who made an output: what it may round on the way.
  struct Maker {
    bool sparse = true;    ///< Sums the nonzeros alone.
    bool library = false;  ///< May round the product, and take the bias rounded, before the end.
  };
  /// Empty where the whole output `y`, in its layout and the precision's elements, is right on the sample;
  /// else the first difference in words. With y = p + bias before ReLU and n products in a sum (the nonzeros,
  /// or all columns of a dense kernel), allowed is e = ((n + 2) 2^-23 + u_in) sum |w x| and u_out (|y| + e),
  /// of libraries u_out (|y| + |p| + |bias| + e): u_in = 2^-9 in TF32, whose operands lose 13 bits each, and
  /// u_out = 2^-8 in bf16. Libraries transform whole images for convolutions (Winograd, FFT): there the sum
  /// is the largest of the sample, and 2^-14 of it is allowed besides.
  std::string complaint(const std::vector<unsigned char>& y, kernels::Layout layout, Maker maker) const;

 private:
  kernels::Precision precision_;
  kernels::Activations output_;
  bool relu_, linear_;
  std::int64_t pixels_, columns_;
  std::vector<std::int64_t> rows_, images_, nonzeros_;
  std::vector<float> bias_;               ///< Of the sampled rows.
  std::vector<double> expected_, bound_;  ///< [image][row][pixel] of the sample; expected before ReLU.
};

}  // namespace coppice
