#include "sparse/way.h"

#include <algorithm>

#include "kernels/cpu/convert/convert.h"
#include "kernels/cpu/pointwise/pointwise.h"
#include "kernels/cpu/pool/pool.h"

namespace coppice {

using kernels::Activations;
using kernels::Layout;
using kernels::Order;

std::vector<Layout> layouts_of(const Value& value, std::int64_t images) {
  std::vector<Layout> layouts = {{Order::kPlain, 0}};
  if (value.halo > 0) layouts.push_back({Order::kPlain, value.halo});
  if (images >= 3) layouts.push_back({Order::kLanes, value.halo});
  if (value.height * value.width > 1) layouts.push_back({Order::kChannelsLast, 0});
  return layouts;
}

Activations activations(const Value& value, std::int64_t images, Layout layout) {
  return {images, value.channels, value.height, value.width, layout};
}

std::string layout_text(Layout layout) {
  std::string text = kernels::order_name(layout.order);
  if (layout.halo > 0) text += "+" + std::to_string(layout.halo);
  return text;
}

std::string Way::text() const { return variant.empty() ? kernel : kernel + " (" + variant + ")"; }

namespace {

std::vector<Way> layer_ways(const WayContext& context, const Step& step) {
  const auto layouts = [&](std::size_t value) {
    return layouts_of(context.program.values[value], context.images);
  };
  std::vector<Way> ways;
  for (const Layout in : layouts(step.inputs[0])) {
    for (const Layout out : layouts(step.output)) {
      const kernels::Request request{step.layer, context.images, in, out, context.threads};
      for (const auto& candidate : context.candidates) {
        if (!candidate->refusal(request).empty()) continue;
        for (auto& made : candidate->make(request)) {
          const std::shared_ptr<kernels::Runner> runner = std::move(made);
          Way way{candidate->name(),
                  runner->variant(),
                  candidate->sparse(),
                  {in},
                  out,
                  runner->packed_bytes(),
                  {}};
          if (step.layer.residual) way.in.push_back(out);
          way.run = [runner](const std::vector<const float*>& inputs, float* y) {
            runner->run(inputs[0], inputs.size() > 1 ? inputs[1] : nullptr, y);
          };
          ways.push_back(std::move(way));
        }
      }
    }
  }
  return ways;
}

/// What a step that is no layer does, for inputs and an output whose layouts differ in their halos alone.
std::function<void(const std::vector<const float*>&, float*)> simple_run(const WayContext& context,
                                                                         const Step& step,
                                                                         const std::vector<Layout>& in,
                                                                         Layout out) {
  const auto shape = [&](std::size_t value, Layout layout) {
    return activations(context.program.values[value], context.images, layout);
  };
  const Activations x = shape(step.inputs[0], in[0]), y = shape(step.output, out);
  const int threads = context.threads;
  switch (step.kind) {
    case Step::Kind::kMaxPool:
    case Step::Kind::kAvgPool: {
      kernels::Pool pool;
      pool.kind =
          step.kind == Step::Kind::kMaxPool ? kernels::Pool::Kind::kMax : kernels::Pool::Kind::kAverage;
      pool.kernel_height = step.kernel_height;
      pool.kernel_width = step.kernel_width;
      pool.stride = step.stride;
      pool.padding = step.padding;
      pool.relu = step.relu;
      return [=](const std::vector<const float*>& from, float* to) {
        kernels::pool(pool, x, from[0], y, to, threads);
      };
    }
    case Step::Kind::kAffine:
      return [=, halo = in[0].halo, &step](const std::vector<const float*>& from, float* to) {
        kernels::affine({from[0], halo}, step.scale.data(), step.shift.data(), step.relu, y, to, threads);
      };
    case Step::Kind::kAdd: {
      std::vector<kernels::Operand> operands;
      for (const Layout layout : in) operands.push_back({nullptr, layout.halo});
      return [=, relu = step.relu](const std::vector<const float*>& from, float* to) mutable {
        for (std::size_t i = 0; i < operands.size(); ++i) operands[i].data = from[i];
        kernels::add(operands, relu, y, to, threads);
      };
    }
    case Step::Kind::kFlatten: {
      // The same floats in the same order once there is no halo.
      const Activations flat = shape(step.inputs[0], {out.order, 0});
      return [conversion = kernels::Conversion(x, flat), threads](
                 const std::vector<const float*>& from, float* to) { conversion.run(from[0], to, threads); };
    }
    case Step::Kind::kLayer: break;
  }
  return {};
}

std::vector<Way> simple_ways(const WayContext& context, const Step& step) {
  const auto name = [&] {
    switch (step.kind) {
      case Step::Kind::kMaxPool: return "max-pool";
      case Step::Kind::kAvgPool: return "avg-pool";
      case Step::Kind::kAffine: return "affine";
      case Step::Kind::kAdd: return step.inputs.size() > 1 ? "add" : "relu";
      default: return "flatten";
    }
  };
  std::vector<Way> ways;
  for (const Layout out : layouts_of(context.program.values[step.output], context.images)) {
    if (out.order == Order::kChannelsLast) continue;  // whoever runs a whole network so takes LibTorch
    if (step.kind == Step::Kind::kFlatten && out.halo > 0) continue;
    std::vector<Layout> in;
    for (const std::size_t input : step.inputs) {
      // Halos need not agree: the widest, which is the only one in lanes.
      std::vector<Layout> same_order = layouts_of(context.program.values[input], context.images);
      std::erase_if(same_order, [&](Layout layout) { return layout.order != out.order; });
      in.push_back(same_order.back());
    }
    // Also without any halo: as dense libraries leave their outputs.
    for (const bool bare : {false, true}) {
      if (bare && (out.order != Order::kPlain || in[0].halo == 0)) continue;
      if (bare) {
        for (Layout& layout : in) layout.halo = 0;
      }
      ways.push_back({name(), "", false, in, out, 0, simple_run(context, step, in, out)});
    }
  }
  return ways;
}

}  // namespace

std::vector<Way> ways_of(const WayContext& context, const Step& step) {
  return step.kind == Step::Kind::kLayer ? layer_ways(context, step) : simple_ways(context, step);
}

}  // namespace coppice
