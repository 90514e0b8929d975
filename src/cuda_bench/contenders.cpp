#include "cuda_bench/contenders.h"

#include "coppice/error.h"

#include <fmt/format.h>

#include "base/interrupt.h"
#include "kernels/cuda/error.h"
#include "measure/bootstrap.h"
#include "measure/random_layer.h"

namespace coppice {

using kernels::Activations;
using kernels::CudaCandidate;
using kernels::CudaDevice;
using kernels::CudaError;
using kernels::CudaRequest;
using kernels::CudaRunner;
using kernels::DeviceBuffer;
using kernels::Layer;
using kernels::Layout;
using kernels::Order;
using kernels::Precision;

namespace {

using Layouts = std::pair<Layout, Layout>;

/// The case in one precision: what it is fed and what it must give.
struct Data {
  Data(const CudaCase& what, const Layer& layer, const std::vector<float>& images, Precision stored_as)
      : precision(stored_as), x(as_stored(images, stored_as)), check(layer, what.images, x, stored_as) {}
  Precision precision;
  std::vector<float> x;  ///< In PyTorch's order.
  OutputCheck check;
};

/// A kernel's error may be its own (no memory, say) or leave the device unusable for all that follows.
void check_device_lives(const std::string& after) {
  try {
    DeviceBuffer(16).fill(0);
  } catch (const CudaError& error) {
    throw Failure(
        fmt::format("the GPU does not work any more: {}; it was lost after {}", error.what(), after));
  }
}

class Search {
 public:
  Search(const CudaCase& what, const Layer& layer, const CudaDevice& device)
      : what_(what), layer_(layer), device_(device) {}

  void ask(const CudaCandidate& candidate, bool own, const Data& data) {
    Contender best;
    double best_seconds = 0;
    std::string why;
    for (const Layouts& layouts : layouts_to_try(layer_.shape, what_.images)) {
      const CudaRequest request{layer_, what_.images, data.precision, layouts.first, layouts.second, device_};
      const std::string refusal = candidate.refusal(request);
      if (!refusal.empty()) {
        if (why.empty()) why = refusal;
        continue;
      }
      try {
        const DeviceBuffer x = input_of(data, layouts.first);
        for (std::unique_ptr<CudaRunner>& runner : candidate.make(request)) {
          if (interrupted()) throw Interrupted("interrupted; results of the cases before are kept");
          if (!right(candidate, *runner, x, layouts.second, data)) continue;
          Contender contender = described(candidate, own, *runner, layouts, data.precision);
          const double seconds = make_ready(contender, std::move(runner), x, layouts.second, why);
          if (contender.timer && (!best.timer || seconds < best_seconds)) {
            best = std::move(contender);
            best_seconds = seconds;
          }
        }
      } catch (const CudaError& error) {
        why = error.what();
        check_device_lives(candidate.name());
      }
    }
    if (best.timer) {
      found_.ready.push_back(std::move(best));
    } else {
      found_.refused.push_back(
          {candidate.name(), data.precision, why.empty() ? "none of its variants could be timed" : why});
    }
  }

  Contenders found() && { return std::move(found_); }

 private:
  DeviceBuffer input_of(const Data& data, Layout layout) const {
    const auto bytes = packed_activations(data.x, layer_.input(what_.images, layout), data.precision);
    return kernels::on_device(bytes);
  }
  std::int64_t output_bytes(Layout layout, Precision precision) const {
    return layer_.output(what_.images, layout).floats() * kernels::element_bytes(precision);
  }

  bool right(const CudaCandidate& candidate, CudaRunner& runner, const DeviceBuffer& x, Layout out,
             const Data& data) {
    DeviceBuffer y(output_bytes(out, data.precision));
    y.fill(0xff);  // NaN: what is not written shows
    runner.run(x.data(), nullptr, y.data(), nullptr);
    const std::string complaint =
        data.check.complaint(kernels::on_host<unsigned char>(y), out, candidate.sparse());
    if (complaint.empty()) return true;
    const std::string name =
        runner.variant().empty() ? candidate.name() : candidate.name() + " (" + runner.variant() + ")";
    found_.wrong.push_back({name, data.precision, complaint});
    return false;
  }

  static Contender described(const CudaCandidate& candidate, bool own, const CudaRunner& runner,
                             const Layouts& layouts, Precision precision) {
    Contender contender;
    contender.kernel = candidate.name();
    contender.variant = runner.variant();
    contender.layouts = fmt::format("{} -> {}", kernels::order_name(layouts.first.order),
                                    kernels::order_name(layouts.second.order));
    contender.own = own;
    contender.sparse = candidate.sparse();
    contender.precision = precision;
    contender.packed_bytes = runner.packed_bytes();
    contender.preparation_s = runner.preparation_seconds();
    return contender;
  }

  /// Gives it copies and a timer, and times it shortly. Without a timer, and a reason, where there would be
  /// too many copies.
  double make_ready(Contender& contender, std::unique_ptr<CudaRunner> runner, const DeviceBuffer& x,
                    Layout out, std::string& why) const {
    constexpr int kSamples = 3;
    const std::int64_t y_bytes = output_bytes(out, contender.precision);
    if (what_.caches == CacheState::kCold) {
      const std::int64_t one = contender.packed_bytes + x.bytes() + y_bytes;
      contender.copies = kernels::copies_for_cold_caches(one, device_.l2_bytes);
      if (contender.copies > kernels::kMostCopies) {
        why = fmt::format("so small that {} copies of it would have to be gone round to empty the caches",
                          contender.copies);
        return 0;
      }
    }
    const auto rotation =
        std::make_shared<kernels::Rotation>(std::move(runner), x, y_bytes, contender.copies);
    contender.all_bytes = rotation->bytes();
    contender.rotation = rotation;
    contender.timer = kernels::graph_timer(
        [&rotation](std::int64_t call, kernels::CudaStream stream) { rotation->run(call, stream); },
        contender.copies);
    std::vector<double> samples;
    for (int i = 0; i < kSamples; ++i) samples.push_back(contender.timer->seconds_per_call());
    return median_of(samples);
  }

  const CudaCase& what_;
  const Layer& layer_;
  const CudaDevice& device_;
  Contenders found_;
};

/// Those that dense libraries are asked in beside: who may round more may be faster.
std::vector<Precision> coarser(Precision precision) {
  switch (precision) {
    case Precision::kFp32: return {Precision::kTf32, Precision::kBf16};
    case Precision::kTf32: return {Precision::kBf16};
    case Precision::kBf16: return {};
  }
  return {};
}

}  // namespace

std::vector<Layouts> layouts_to_try(const kernels::LayerShape& shape, std::int64_t images) {
  std::vector<Layout> choices = {{Order::kPlain, 0}};
  if (!shape.linear()) choices.push_back({Order::kChannelsLast, 0});
  if (images > 1) choices.push_back({Order::kImagesLast, 0});
  std::vector<Layouts> pairs;
  for (const Layout in : choices) {
    for (const Layout out : choices) {
      // Convolutions follow one another in the layout they like; a linear layer may well turn its output.
      if (shape.linear() || in == out) pairs.emplace_back(in, out);
    }
  }
  return pairs;
}

Contenders find_contenders(const CudaCase& what, const Layer& layer, const CudaField& field,
                           const CudaDevice& device) {
  const std::vector<float> images = random_activations(layer.shape, what.images);
  Search search(what, layer, device);
  const Data data(what, layer, images, what.precision);
  for (const auto& candidate : field.own) search.ask(*candidate, true, data);
  for (const auto& candidate : field.libraries) search.ask(*candidate, false, data);
  for (const Precision precision : coarser(what.precision)) {
    const Data beside(what, layer, images, precision);
    for (const auto& candidate : field.libraries) {
      if (!candidate->sparse()) search.ask(*candidate, false, beside);
    }
  }
  return std::move(search).found();
}

}  // namespace coppice
