#include "cuda_bench/contenders.h"

#include "coppice/error.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "cuda_bench/case_data.h"
#include "cuda_bench/conversions.h"
#include "kernels/cuda/dispatch/offer.h"
#include "measure/bootstrap.h"
#include "measure/random_layer.h"

namespace coppice {

using kernels::Activations;
using kernels::CudaCandidate;
using kernels::CudaDevice;
using kernels::CudaOffer;
using kernels::CudaRunner;
using kernels::DeviceBuffer;
using kernels::Layer;
using kernels::Layout;
using kernels::Order;
using kernels::Precision;

namespace {

using Layouts = std::pair<Layout, Layout>;

class Search {
 public:
  Search(const CudaCase& what, const Layer& layer, const CudaDevice& device)
      : what_(what), layer_(layer), device_(device) {}

  void ask(const CudaCandidate& candidate, bool own, CaseData& data) {
    std::string why;
    std::vector<Variant> variants;
    const auto guarded = [&](const std::function<void()>& work) {
      const std::string complaint = kernels::complaint_of(candidate.name(), work);
      if (!complaint.empty()) why = complaint;
    };
    for (const Layouts& layouts : layouts_to_try(layer_.shape, what_.images)) {
      CudaOffer offer = kernels::offer_of(
          candidate, {layer_, what_.images, data.precision(), layouts.first, layouts.second, device_});
      if (why.empty()) why = offer.refusal;
      if (!offer.complaint.empty()) why = offer.complaint;
      for (std::unique_ptr<CudaRunner>& runner : offer.runners) {
        guarded([&] {
          stop_if_asked();
          const DeviceBuffer& x = data.input(layouts.first);
          if (!right(candidate, own, *runner, x, layouts.second, data)) return;
          Contender contender = described(candidate, own, *runner, layouts, data.precision());
          contender.rotation = std::make_shared<kernels::Rotation>(
              std::move(runner), x, output_bytes(layouts.second, data.precision()), 1);
          keep(variants, timed(std::move(contender)));
        });
      }
    }
    if (what_.caches == CacheState::kCold) {
      for (Variant& variant : variants) guarded([&] { variant = cold(std::move(variant), why); });
    }
    std::sort(variants.begin(), variants.end());
    if (!variants.empty() && variants.front().contender.timer) {
      found_.ready.push_back(std::move(variants.front().contender));
    } else {
      found_.refused.push_back(
          {candidate.name(), data.precision(), why.empty() ? "none of its variants could be timed" : why});
    }
  }

  Contenders found() && { return std::move(found_); }

 private:
  std::int64_t output_bytes(Layout layout, Precision precision) const {
    return layer_.output(what_.images, layout).floats() * kernels::element_bytes(precision);
  }

  bool right(const CudaCandidate& candidate, bool own, CudaRunner& runner, const DeviceBuffer& x, Layout out,
             const CaseData& data) {
    DeviceBuffer y(output_bytes(out, data.precision()));
    y.fill(0xff);  // NaN: what is not written shows
    runner.run(x.data(), nullptr, y.data(), nullptr);
    const std::string complaint =
        data.check().complaint(kernels::on_host<unsigned char>(y), out, {candidate.sparse(), !own});
    if (complaint.empty()) return true;
    const std::string name =
        runner.variant().empty() ? candidate.name() : candidate.name() + " (" + runner.variant() + ")";
    found_.wrong.push_back({name, data.precision(), complaint});
    return false;
  }

  static Contender described(const CudaCandidate& candidate, bool own, const CudaRunner& runner,
                             const Layouts& layouts, Precision precision) {
    Contender contender;
    contender.kernel = candidate.name();
    contender.variant = runner.variant();
    contender.layouts = fmt::format("{} -> {}", kernels::order_name(layouts.first.order),
                                    kernels::order_name(layouts.second.order));
    contender.in = layouts.first;
    contender.out = layouts.second;
    contender.own = own;
    contender.sparse = candidate.sparse();
    contender.precision = precision;
    contender.packed_bytes = runner.packed_bytes();
    contender.preparation_s = runner.preparation_seconds();
    return contender;
  }

  struct Variant {
    Contender contender;
    double seconds = 0;
    bool operator<(const Variant& other) const {
      const bool ready = contender.timer != nullptr, other_ready = other.contender.timer != nullptr;
      return ready != other_ready ? ready : seconds < other.seconds;
    }
  };

  static void stop_if_asked() {
    if (interrupted()) throw Interrupted("interrupted; results of the cases before are kept");
  }

  /// With all the copies that its rotation has.
  static Variant timed(Contender contender) {
    constexpr int kSamples = 3;
    kernels::Rotation& rotation = *contender.rotation;
    contender.copies = rotation.copies();
    contender.all_bytes = rotation.bytes();
    contender.timer = kernels::graph_timer(
        [&rotation](std::int64_t call, kernels::CudaStream stream) { rotation.run(call, stream); },
        contender.copies);
    std::vector<double> samples;
    for (int i = 0; i < kSamples; ++i) samples.push_back(contender.timer->seconds_per_call());
    return {std::move(contender), median_of(samples)};
  }

  /// Of many variants these go on: with caches warm, the order is nearly that with caches cold, and copies of
  /// all of them would take long to make.
  static void keep(std::vector<Variant>& variants, Variant variant) {
    constexpr std::size_t kMost = 8;
    variants.push_back(std::move(variant));
    std::sort(variants.begin(), variants.end());
    if (variants.size() > kMost) variants.pop_back();
  }

  /// The variant going round copies. Without a timer, and a reason, where they would be too many.
  Variant cold(Variant variant, std::string& why) const {
    stop_if_asked();
    Contender& contender = variant.contender;
    contender.timer.reset();
    const std::int64_t copies = kernels::copies_for_cold_caches(contender.all_bytes, device_.l2_bytes);
    if (copies > kernels::kMostCopies) {
      why = fmt::format("so small that {} copies of it would have to be gone round to empty the caches",
                        copies);
      return variant;
    }
    contender.rotation->grow(copies);
    return timed(std::move(contender));
  }

  const CudaCase& what_;
  const Layer& layer_;
  const CudaDevice& device_;
  Contenders found_;
};

/// Those that dense libraries are asked in beside: who may round more may be faster. Sparse convolutions in
/// bf16 have a target against FP32 too, whose Winograd they replace.
std::vector<Precision> beside(const CudaCase& what) {
  switch (what.precision) {
    case Precision::kFp32: return {Precision::kTf32, Precision::kBf16};
    case Precision::kTf32: return {Precision::kBf16};
    case Precision::kBf16: break;
  }
  if (what.shape.linear()) return {};
  return {Precision::kFp32};
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
  CaseData data(what, layer, images, what.precision);
  for (const auto& candidate : field.own) search.ask(*candidate, true, data);
  for (const auto& candidate : field.libraries) search.ask(*candidate, false, data);
  for (const Precision precision : beside(what)) {
    CaseData other(what, layer, images, precision);
    for (const auto& candidate : field.libraries) {
      if (!candidate->sparse()) search.ask(*candidate, false, other);
    }
  }
  Contenders found = std::move(search).found();
  find_conversions(what, layer, found, device);
  return found;
}

}  // namespace coppice
