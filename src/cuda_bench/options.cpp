#include "cuda_bench/options.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "measure/bench_shape.h"

namespace coppice {

namespace {

CacheState parse_caches(const std::string& text) {
  for (const CacheState state : {CacheState::kCold, CacheState::kWarm}) {
    if (text == cache_state_name(state)) return state;
  }
  throw BadInput(
      fmt::format("--caches {}: is neither cold nor warm{}", text, did_you_mean(text, {"cold", "warm"})));
}

/// The options' words, read.
struct Wanted {
  explicit Wanted(const CudaBenchOptions& options) : densities(options.densities), batches(options.batches) {
    for (const std::string& text : options.precisions) precisions.push_back(parse_precision(text));
    for (const std::string& text : options.caches) caches.push_back(parse_caches(text));
    for (const std::string& text : options.masks) masks.push_back(parse_mask(text));
    for (const double density : densities) {
      if (!(density > 0 && density <= 1))
        throw BadInput(fmt::format("--density {}: is not above 0 and at most 1", density));
    }
    for (const std::int64_t images : batches) {
      if (images < 1 || images > 65536)
        throw BadInput(fmt::format("--batch {}: is not from 1 to 65536", images));
    }
  }
  std::vector<double> densities;
  std::vector<std::int64_t> batches;
  std::vector<kernels::Precision> precisions;
  std::vector<CacheState> caches;
  std::vector<MaskPattern> masks;

  bool agrees(const CudaCase& one) const {
    const auto among = [](const auto& list, const auto& value) {
      return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
    };
    const bool density = densities.empty() ||
                         std::any_of(densities.begin(), densities.end(),
                                     [&](double wanted) { return std::abs(wanted - one.density) < 1e-9; });
    return density && among(batches, one.images) && among(precisions, one.precision) &&
           among(caches, one.caches) && among(masks, one.mask);
  }
};

template <class T>
std::vector<T> or_else(const std::vector<T>& given, std::vector<T> otherwise) {
  return given.empty() ? std::move(otherwise) : given;
}

void append_shape(std::vector<CudaCase>& cases, const std::string& text, const Wanted& wanted) {
  const BenchShape named = parse_bench_shape(text);
  if (named.images > 0 && !wanted.batches.empty())
    throw BadInput(fmt::format("--batch: N of --shape {} is the batch already", text));
  const auto batches =
      named.images > 0 ? std::vector<std::int64_t>{named.images} : or_else(wanted.batches, {64});
  for (const std::int64_t images : batches) {
    check_size(named.shape, images, "--shape " + text);
    for (const double density : or_else(wanted.densities, {0.1, 0.05, 0.02})) {
      for (const auto precision :
           or_else(wanted.precisions, {kernels::Precision::kBf16, kernels::Precision::kFp32})) {
        for (const CacheState caches : or_else(wanted.caches, {CacheState::kCold, CacheState::kWarm})) {
          for (const MaskPattern mask : or_else(wanted.masks, {MaskPattern::kUniform}))
            cases.push_back({"shapes", named.shape, images, density, precision, caches, mask});
        }
      }
    }
  }
}

}  // namespace

std::string suite_name(const CudaBenchOptions& options) {
  if (!options.shapes.empty()) return "shapes";
  return options.suites.empty() ? "all" : join(options.suites, "-");
}

std::vector<CudaCase> cuda_cases(const CudaBenchOptions& options) {
  if (!options.shapes.empty() && !options.suites.empty())
    throw BadInput("--shape and a suite: one thing at a time");
  const Wanted wanted(options);
  std::vector<CudaCase> cases;
  for (const std::string& text : options.shapes) append_shape(cases, text, wanted);
  if (!options.shapes.empty()) return cases;
  std::vector<std::string> suites = options.suites;
  if (suites.empty()) {
    for (const CudaSuite& suite : cuda_suites()) suites.push_back(suite.name);
  }
  // The few most important of every suite come before the rest of any.
  for (const bool quick : {true, false}) {
    if (options.quick && !quick) break;
    for (const std::string& suite : suites) {
      for (const CudaCase& one : cuda_suite_cases(suite, quick)) {
        const bool taken = !quick && std::find(cases.begin(), cases.end(), one) != cases.end();
        if (wanted.agrees(one) && !taken) cases.push_back(one);
      }
    }
  }
  if (cases.empty()) {
    throw BadInput(fmt::format("{}: no case of it has such a density, batch, precision, caches and mask",
                               join(suites, ", ")));
  }
  return cases;
}

}  // namespace coppice
