// Fresh weights. Every element is a pure function of (seed, tensor name, index): adding a layer, or changing
// the order of the layers leaves the values of all other tensors as they were.
#include "coppice/error.h"
#include "coppice/network.h"
#include "coppice/random.h"

#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

namespace {

/// How many inputs feed one unit, and how many units one input feeds; a convolution counts its window.
struct Fan {
  double in, out;
};

Fan fan_of(const std::vector<std::int64_t>& weight_shape) {
  const auto window = static_cast<double>(element_count(weight_shape) / (weight_shape[0] * weight_shape[1]));
  return {static_cast<double>(weight_shape[1]) * window, static_cast<double>(weight_shape[0]) * window};
}

struct Scheme {
  std::string_view name;
  bool normal;
  double (*variance)(Fan);
};
double kaiming(Fan fan) { return 2 / fan.in; }  // gain sqrt(2), for what a ReLU halves
double glorot(Fan fan) { return 2 / (fan.in + fan.out); }
double lecun(Fan fan) { return 1 / fan.in; }
constexpr Scheme kSchemes[] = {{"kaiming-normal", true, kaiming},
                               {"kaiming-uniform", false, kaiming},
                               {"glorot-normal", true, glorot},
                               {"glorot-uniform", false, glorot},
                               {"lecun-normal", true, lecun}};

const Scheme& find_scheme(std::string_view name) {
  for (const Scheme& scheme : kSchemes)
    if (scheme.name == name) return scheme;
  const auto names = initialisation_names();
  throw BadInput(fmt::format("unknown initialisation '{}'{} (known: {})", name, did_you_mean(name, names),
                             join(names, ", ")));
}

/// One thread: twenty million numbers take a second, once a run.
template <class Value>
void fill(Tensor& tensor, const Value& value) {
  std::uint64_t i = 0;
  for (float& element : tensor.as<float>()) element = static_cast<float>(value(i++));
}

void draw_weight(Tensor& tensor, const Scheme& scheme, const Stream& stream) {
  const double deviation = std::sqrt(scheme.variance(fan_of(tensor.shape)));
  if (scheme.normal) {
    fill(tensor, [&](std::uint64_t i) { return deviation * stream.normal(i); });
  } else {
    const double bound = std::sqrt(3.0) * deviation;  // a uniform variable on [-b, b) has variance b^2 / 3
    fill(tensor, [&](std::uint64_t i) { return bound * (2 * stream.uniform(i) - 1); });
  }
}

}  // namespace

std::vector<std::string> initialisation_names() {
  std::vector<std::string> names;
  for (const Scheme& scheme : kSchemes) names.emplace_back(scheme.name);
  return names;
}

Tensors initialise(const Network& network, std::string_view scheme_name, std::string_view norm_scale,
                   std::uint64_t seed) {
  const Scheme& scheme = find_scheme(scheme_name);
  if (norm_scale != "ones" && norm_scale != "uniform")
    throw BadInput(
        fmt::format("unknown scale of batch normalisation '{}' (known: ones, uniform)", norm_scale));
  Tensors tensors;
  for (const TensorSpec& spec : tensor_specs(network)) {
    Tensor tensor = Tensor::zeros(spec.dtype, spec.shape);
    const Stream stream(seed, "init/" + spec.name);
    if (spec.role == Role::kWeight)
      draw_weight(tensor, scheme, stream);
    else if (spec.role == Role::kScale && norm_scale == "uniform")
      fill(tensor, [&](std::uint64_t i) { return stream.uniform(i); });
    else if (spec.role == Role::kScale || spec.role == Role::kRunningVar)
      fill(tensor, [](std::uint64_t) { return 1.0; });
    tensors.emplace(spec.name, std::move(tensor));
  }
  return tensors;
}

}  // namespace coppice
