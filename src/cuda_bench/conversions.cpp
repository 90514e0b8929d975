#include "cuda_bench/conversions.h"

#include "coppice/error.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "cuda_bench/layer_data.h"
#include "cuda_bench/longest.h"
#include "kernels/cuda/convert/convert.h"
#include "kernels/cuda/dispatch/offer.h"
#include "kernels/cuda/operands.h"

namespace coppice {

using kernels::CudaRunner;
using kernels::Layout;
using kernels::StoredActivations;

namespace {

constexpr Layout kPlain = {kernels::Order::kPlain, 0};

/// A conversion in the clothes of a layer, so that it goes round copies as layers do.
class ConversionRunner final : public CudaRunner {
 public:
  ConversionRunner(const StoredActivations& from, const StoredActivations& to, bool overlap)
      : from_(from), to_(to), overlap_(overlap) {}
  void run(const void* x, const void*, void* y, kernels::CudaStream stream) override {
    kernels::convert_activations(from_, x, to_, y, stream, overlap_);
  }
  std::unique_ptr<CudaRunner> replicate() const override { return std::make_unique<ConversionRunner>(*this); }
  std::int64_t packed_bytes() const override { return 0; }
  std::string variant() const override { return ""; }

 private:
  StoredActivations from_, to_;
  bool overlap_;
};

/// Numbers to be turned, many of them different.
std::vector<float> some_numbers(const kernels::Activations& shape) {
  std::vector<float> numbers(
      static_cast<std::size_t>(shape.images * shape.channels * shape.height * shape.width));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 65521) / 1024 - 32;
  return numbers;
}

void stop_if_asked() {
  if (interrupted()) throw Interrupted("interrupted; results of the cases before are kept");
}

/// Empty where the work gives what it must.
std::string checked(Conversion& made, const CudaCase& what, const kernels::Activations& from,
                    const kernels::Activations& to, const kernels::CudaDevice& device) {
  const StoredActivations source = {from, what.precision}, destination = {to, what.precision};
  const std::vector<float> numbers = some_numbers(from);
  const kernels::DeviceBuffer x = kernels::on_device(packed_activations(numbers, from, what.precision));
  const std::vector<unsigned char> expected = packed_activations(numbers, to, what.precision);
  const auto bytes = static_cast<std::int64_t>(expected.size());
  ConversionRunner runner(source, destination, kernels::overlap_choices(device).front());
  kernels::DeviceBuffer y(bytes);
  y.fill(0xff);
  runner.run(x.data(), nullptr, y.data(), nullptr);
  if (kernels::on_host<unsigned char>(y) != expected) return "elements are not where they belong";
  if (what.caches == CacheState::kCold) {
    made.copies =
        std::min(kernels::copies_for_cold_caches(x.bytes() + bytes, device.l2_bytes), kernels::kMostCopies);
  }
  made.bytes = kernels::conversion_bytes(source, destination);
  made.rotation =
      std::make_shared<kernels::Rotation>(std::make_unique<ConversionRunner>(runner), x, bytes, made.copies);
  kernels::Rotation& rotation = *made.rotation;
  made.timer = kernels::graph_timer(
      [&rotation](std::int64_t call, kernels::CudaStream stream) { rotation.run(call, stream); },
      made.copies);
  return "";
}

bool is(const Conversion& one, Layout from, Layout to) { return one.from == from && one.to == to; }

kernels::Activations input_of(const CudaCase& what, Layout layout) {
  return {what.images, what.shape.channels, what.shape.height, what.shape.width, layout};
}
kernels::Activations output_of(const CudaCase& what, Layout layout) {
  return {what.images, what.shape.outputs, what.shape.out_height(), what.shape.out_width(), layout};
}
bool alike(const CudaCase& what, const kernels::Activations& from, const kernels::Activations& to) {
  return kernels::lies_alike({from, what.precision}, {to, what.precision});
}

ConversionTime timed(const CudaCase& what, const Conversion& one, const Series& series,
                     const MachineRates& machine) {
  ConversionTime time;
  time.layouts =
      fmt::format("{} -> {}", kernels::order_name(one.from.order), kernels::order_name(one.to.order));
  time.bytes = one.bytes;
  time.copies = one.copies;
  time.seconds = series.time;
  Longest longest(shortest_launch(machine));
  longest.consider_memory(static_cast<double>(one.bytes), machine, what.caches);
  time.limit = longest.with_launch();
  time.attained = attained(time.limit, time.seconds.median);
  return time;
}

}  // namespace

void find_conversions(const CudaCase& what, const kernels::Layer& layer, Contenders& contenders,
                      const kernels::CudaDevice& device) {
  if (layer.shape.linear()) return;
  std::vector<Conversion> tried;
  const auto add = [&](const kernels::Activations& from, const kernels::Activations& to) {
    if (alike(what, from, to)) return;
    for (const Conversion& one : tried) {
      if (is(one, from.layout, to.layout)) return;
    }
    stop_if_asked();
    Conversion made;
    made.from = from.layout;
    made.to = to.layout;
    std::string wrong;
    const std::string complaint =
        kernels::complaint_of("convert", [&] { wrong = checked(made, what, from, to, device); });
    if (!wrong.empty()) contenders.wrong.push_back({"convert", what.precision, wrong});
    if (!complaint.empty()) contenders.refused.push_back({"convert", what.precision, complaint});
    if (wrong.empty() && complaint.empty()) contenders.conversions.push_back(made);
    tried.push_back(std::move(made));
  };
  for (const Contender& contender : contenders.ready) {
    if (!contender.own || contender.precision != what.precision) continue;
    add(input_of(what, kPlain), input_of(what, contender.in));
    add(output_of(what, contender.out), output_of(what, kPlain));
  }
}

std::optional<NeededConversions> needed_conversions(const CudaCase& what, const Contender& contender,
                                                    const std::vector<Conversion>& conversions) {
  NeededConversions needed;
  for (std::size_t i = 0; i < conversions.size(); ++i) {
    if (is(conversions[i], kPlain, contender.in)) needed.entry = i;
    if (is(conversions[i], contender.out, kPlain)) needed.exit = i;
  }
  const bool enters = needed.entry || alike(what, input_of(what, kPlain), input_of(what, contender.in));
  const bool leaves = needed.exit || alike(what, output_of(what, contender.out), output_of(what, kPlain));
  if (!enters || !leaves) return std::nullopt;
  return needed;
}

std::optional<WithConversions> with_conversions(const CudaCase& what, std::size_t own,
                                                std::optional<std::size_t> dense, const ConversionSamples& of,
                                                const MachineRates& machine) {
  const Contender& contender = of.contenders[own];
  const auto needed = needed_conversions(what, contender, of.conversions);
  if (!needed) return std::nullopt;
  WithConversions result;
  result.kernel = contender.kernel;
  std::vector<double> sums = of.samples.series[own].seconds;
  const auto add = [&](const std::optional<std::size_t>& place, std::optional<ConversionTime>& time) {
    if (!place) return;
    const Series& series = of.samples.series[of.contenders.size() + *place];
    time = timed(what, of.conversions[*place], series, machine);
    std::transform(sums.begin(), sums.end(), series.seconds.begin(), sums.begin(), std::plus<>());
  };
  add(needed->entry, result.entry);
  add(needed->exit, result.exit);
  result.seconds = of.samples.median_of_samples(sums);
  if (dense) {
    std::vector<double> ratios = of.samples.series[*dense].seconds;
    std::transform(ratios.begin(), ratios.end(), sums.begin(), ratios.begin(), std::divides<>());
    result.over_dense = of.samples.median_of_samples(ratios);
  }
  return result;
}

}  // namespace coppice
