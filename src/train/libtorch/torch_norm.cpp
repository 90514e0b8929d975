#include "train/libtorch/torch_norm.h"

#include <cmath>
#include <optional>

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/cpu/batch_norm/batch_norm.h"

namespace coppice {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// The tensor as rows of channels in memory.
at::Tensor rows_of_channels(const at::Tensor& x) {
  return x.contiguous(x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

at::Tensor empty_like_rows(const at::Tensor& x) {
  return at::empty_like(x, x.options(),
                        x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

const float* data(const at::Tensor& x) { return x.const_data_ptr<float>(); }
const float* data_or_null(const at::Tensor& x) { return x.defined() ? data(x) : nullptr; }

struct Affine {
  at::Tensor scale, shift, inverse_std;
};

Affine make_affine(const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& mean,
                   const at::Tensor& variance) {
  Affine affine{at::empty_like(mean), at::empty_like(mean), at::empty_like(mean)};
  const std::int64_t channels = mean.numel();
  for (std::int64_t c = 0; c < channels; ++c) {
    const double inverse = 1 / std::sqrt(static_cast<double>(data(variance)[c]) + kNormEpsilon);
    const double scale = data(weight)[c] * inverse;
    affine.inverse_std.mutable_data_ptr<float>()[c] = static_cast<float>(inverse);
    affine.scale.mutable_data_ptr<float>()[c] = static_cast<float>(scale);
    affine.shift.mutable_data_ptr<float>()[c] = static_cast<float>(data(bias)[c] - data(mean)[c] * scale);
  }
  return affine;
}

at::Tensor normalised(const at::Tensor& x, const at::Tensor& addend, const Affine& affine, bool relu) {
  at::Tensor y = empty_like_rows(x);
  const std::int64_t channels = x.size(1);
  kernels::norm_apply(data(x), data_or_null(addend), {data(affine.scale), data(affine.shift)}, relu,
                      y.mutable_data_ptr<float>(), x.numel() / channels, channels);
  return y;
}

void update_running(const NormTensors& tensors, const at::Tensor& mean, const at::Tensor& variance,
                    std::int64_t rows) {
  auto* running_mean = tensors.running_mean.mutable_data_ptr<float>();
  auto* running_var = tensors.running_var.mutable_data_ptr<float>();
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  for (std::int64_t c = 0; c < mean.numel(); ++c) {
    const auto blend = [](float old, double now) {
      return static_cast<float>((1 - kNormMomentum) * old + kNormMomentum * now);
    };
    running_mean[c] = blend(running_mean[c], data(mean)[c]);
    running_var[c] = blend(running_var[c], data(variance)[c] * unbiased);
  }
}

struct FusedNorm : torch::autograd::Function<FusedNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const at::Tensor& weight,
                            const at::Tensor& bias, const std::optional<at::Tensor>& given_addend,
                            const NormTensors& tensors, bool relu) {
    const at::Tensor x = rows_of_channels(given);
    const at::Tensor addend = given_addend ? rows_of_channels(*given_addend) : at::Tensor();
    const std::int64_t channels = x.size(1), rows = x.numel() / channels;
    const at::Tensor mean = at::empty({channels}), variance = at::empty({channels});
    kernels::norm_statistics(data(x), rows, channels, mean.mutable_data_ptr<float>(),
                             variance.mutable_data_ptr<float>());
    update_running(tensors, mean, variance, rows);
    const Affine affine = make_affine(weight, bias, mean, variance);
    at::Tensor y = normalised(x, addend, affine, relu);

    const bool needs_output = relu && addend.defined();
    context->save_for_backward({x, weight, needs_output ? y : at::Tensor()});
    context->saved_data["mean"] = mean;
    context->saved_data["inverse_std"] = affine.inverse_std;
    context->saved_data["scale"] = affine.scale;
    context->saved_data["shift"] = affine.shift;
    context->saved_data["relu"] = relu;
    context->saved_data["addend"] = addend.defined();
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &y = saved[2];
    const auto kept = [&](const char* name) { return context->saved_data[name].toTensor(); };
    const at::Tensor mean = kept("mean"), inverse_std = kept("inverse_std");
    const at::Tensor scale = kept("scale"), shift = kept("shift");
    const bool relu = context->saved_data["relu"].toBool(), add = context->saved_data["addend"].toBool();

    const at::Tensor dy = rows_of_channels(gradients[0]);
    at::Tensor dx = empty_like_rows(x), d_weight = at::empty_like(mean), d_bias = at::empty_like(mean);
    at::Tensor d_addend = !add ? at::Tensor() : relu ? empty_like_rows(x) : dy;
    kernels::NormBackward arrays;
    arrays.x = data(x);
    arrays.dy = data(dy);
    arrays.mean = data(mean);
    arrays.inverse_std = data(inverse_std);
    arrays.gamma = data(weight);
    arrays.affine = {data(scale), data(shift)};
    arrays.relu = relu;
    arrays.y = data_or_null(y);
    arrays.dx = dx.mutable_data_ptr<float>();
    arrays.d_addend = relu && add ? d_addend.mutable_data_ptr<float>() : nullptr;
    arrays.d_gamma = d_weight.mutable_data_ptr<float>();
    arrays.d_beta = d_bias.mutable_data_ptr<float>();
    const std::int64_t channels = x.size(1);
    kernels::norm_backward(arrays, x.numel() / channels, channels);
    return {dx, d_weight, d_bias, d_addend, Variable(), Variable()};
  }
};

}  // namespace

at::Tensor fused_norm(const at::Tensor& x, const NormTensors& tensors, const at::Tensor& addend, bool relu,
                      bool training) {
  if (training) {
    const std::optional<at::Tensor> given = addend.defined() ? std::optional(addend) : std::nullopt;
    return FusedNorm::apply(x, tensors.weight, tensors.bias, given, tensors, relu);
  }
  const Affine affine = make_affine(tensors.weight, tensors.bias, tensors.running_mean, tensors.running_var);
  return normalised(rows_of_channels(x), addend.defined() ? rows_of_channels(addend) : addend, affine, relu);
}

}  // namespace coppice
