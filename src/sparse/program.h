#pragma once
#include "coppice/network.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/layer.h"

namespace coppice {

/// What flows between the steps of a program, for one example.
struct Value {
  std::string name;  ///< Of the last node that went into it (a ReLU, say); "x" for the image.
  std::int64_t channels = 0, height = 1, width = 1;
  std::int64_t halo = 0;  ///< The largest padding of the convolutions that read it, or what it is added to.
};

/// One operation of a network made ready for inference.
struct Step {
  enum class Kind {
    kLayer,    ///< Convolution or linear, with BatchNorm, an addition and ReLU as far as they follow it.
    kMaxPool,  ///< Padding counts as -infinity.
    kAvgPool,  ///< Padding counts as 0 and in the divisor, as PyTorch's default. Global: the window is the
               ///< image.
    kAffine,   ///< y = scale[channel] x + shift[channel]: a BatchNorm that follows no layer.
    kAdd,      ///< The sum of all inputs (the same may come twice): additions that no layer could take
               ///< along, and ReLUs of one input that had other readers.
    kFlatten,  ///< [c, h, w] to [c h w] features, where something other than a linear layer reads them.
  };
  Kind kind = Kind::kLayer;
  std::string name;                 ///< Of the node that gave it its kind: "layer1.0.conv1".
  std::vector<std::size_t> inputs;  ///< Values. kLayer: its input, then the residual if it has one.
  std::size_t output = 0;           ///< Value: i + 1 for step i.
  bool relu = false;  ///< At the end, of every kind but kFlatten (kLayer: the layer's own says the same).

  kernels::Layer layer;                                                       ///< kLayer.
  std::string weight;                                                         ///< kLayer: its tensor's name.
  std::int64_t kernel_height = 0, kernel_width = 0, stride = 1, padding = 0;  ///< Pools.
  std::vector<float> scale, shift;                                            ///< kAffine.
};

/// A network for inference: value 0 is the image, step i makes value i + 1 from earlier ones, and the last
/// step makes the logits.
struct Program {
  std::vector<Value> values;
  std::vector<Step> steps;

  double sparse_flops(std::int64_t images) const;  ///< Of the layers.
  double dense_flops(std::int64_t images) const;
};

/// Folds every BatchNorm that follows a layer into it (scale = gamma / sqrt(var + 1e-5), in FP64), gives an
/// addition to the later of the layers that feed it and nothing else, ReLUs to what they follow, drops
/// dropout, and turns flatten + linear into a layer whose window is the whole image. Weights that are 0 are
/// left out. Flattening a vector of features is nothing. Where all that is left is the image itself, one kAdd
/// copies it. Throws BadInput where a tensor is missing, misshapen or not finite, naming it.
Program compile_program(const Network& network, const Tensors& tensors);

}  // namespace coppice
