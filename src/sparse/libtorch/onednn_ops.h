#pragma once
#include <ATen/ATen.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "kernels/layer.h"

namespace coppice {

/// oneDNN's operations with weights packed beforehand and what follows fused in: those that torch.compile
/// uses on the CPU. They have no C++ names of their own, only entries in LibTorch's dispatcher.
class OnednnOps {
 public:
  static const OnednnOps* get();  ///< Null where this LibTorch lacks any of them.

  /// weight [outputs, channels, height, width] for inputs of one size.
  at::Tensor pack_convolution(const at::Tensor& weight, const kernels::LayerShape& shape,
                              std::int64_t images) const;
  /// x and the result are channels-last.
  at::Tensor convolution(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias,
                         const kernels::LayerShape& shape, bool relu) const;
  /// y = act(convolution + y)
  void add_convolution(at::Tensor& y, const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias,
                       const kernels::LayerShape& shape, bool relu) const;

  at::Tensor pack_linear(const at::Tensor& weight, std::int64_t images) const;
  at::Tensor linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, bool relu) const;

 private:
  OnednnOps();

  using Scalars = c10::List<std::optional<at::Scalar>>;
  using Text = std::optional<c10::string_view>;
  using MaybeTensor = std::optional<at::Tensor>;
  using PackConvolution = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                                     std::int64_t, at::OptionalIntArrayRef);
  using Convolution = at::Tensor(const at::Tensor&, const at::Tensor&, const MaybeTensor&, at::IntArrayRef,
                                 at::IntArrayRef, at::IntArrayRef, std::int64_t, c10::string_view, Scalars,
                                 Text);
  using AddConvolution = at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&, const MaybeTensor&,
                                     at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, std::int64_t,
                                     c10::string_view, std::optional<at::Scalar>, Text, Scalars, Text);
  using PackLinear = at::Tensor(const at::Tensor&, std::optional<std::int64_t>);
  using Linear = at::Tensor(const at::Tensor&, const at::Tensor&, const MaybeTensor&, c10::string_view,
                            Scalars, Text);

  c10::TypedOperatorHandle<PackConvolution> pack_convolution_;
  c10::TypedOperatorHandle<Convolution> convolution_;
  c10::TypedOperatorHandle<AddConvolution> add_convolution_;
  c10::TypedOperatorHandle<PackLinear> pack_linear_;
  c10::TypedOperatorHandle<Linear> linear_;
  Scalars none_;
};

}  // namespace coppice
