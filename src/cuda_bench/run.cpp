#include "cuda_bench/run.h"

#include "coppice/error.h"

#include <ctime>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "base/utc.h"
#include "cuda_bench/cuda_table.h"
#include "cuda_bench/dense_rates.h"
#include "cuda_bench/results_json.h"
#include "cuda_bench/skew.h"
#include "cuda_bench/time_case.h"
#include "kernels/cuda/error.h"
#include "kernels/cuda/timing/measure_ceilings.h"
#include "measure/random_layer.h"

namespace coppice {

using kernels::CudaDevice;

namespace {

/// The results so far, in all their forms.
class Results {
 public:
  Results(CudaRunInfo info, const CudaBenchOptions& options, const std::vector<CudaCase>& cases)
      : info_(std::move(info)), dry_(options.dry), folder_(options.out) {
    for (const CudaCase& one : cases) ++planned_[one.suite];
    if (!folder_.empty()) make_folder(folder_);
  }

  void add(CudaCaseResult result) {
    results_.push_back(std::move(result));
    if (!dry_) write(results_.back().what.suite);
  }
  void write_all() const {
    for (const auto& [suite, count] : planned_) write(suite);
  }
  CudaBenchOutcome outcome() const {
    int wrong = 0;
    for (const CudaCaseResult& result : results_) wrong += static_cast<int>(result.wrong.size());
    const Part all = {info_, results_};
    return {text(all), json(all), wrong};
  }

 private:
  struct Part {
    CudaRunInfo info;
    std::vector<CudaCaseResult> results;
  };
  static nlohmann::ordered_json json(const Part& part) {
    nlohmann::ordered_json json = to_json(part.info);
    for (const CudaCaseResult& result : part.results) json["results"].push_back(to_json(result));
    json["skewed"] = nlohmann::ordered_json::array();
    for (const SkewRatio& ratio : skew_ratios(part.results)) json["skewed"].push_back(to_json(ratio));
    return json;
  }
  std::string text(const Part& part) const {
    const CudaRunInfo& info = part.info;
    std::string text;
    if (info.device) {
      text = fmt::format("{}, driver {}, CUDA {}, {}\n", info.device->name,
                         info.driver.empty() ? "unknown" : info.driver, info.device->runtime, info.date);
    }
    for (const kernels::CudaLibrary& library : info.libraries) {
      text += library.problem.empty() ? fmt::format("{} {}\n", library.name, library.version)
                                      : fmt::format("no {}: {}\n", library.name, library.problem);
    }
    text += to_text(info.rates) + "\n";
    if (part.results.size() < info.planned)
      text += fmt::format("{} of {} cases\n", part.results.size(), info.planned);
    return text + "\n" + (dry_ ? cuda_limits_table(part.results) : cuda_table(part.results));
  }
  /// A suite has files of its own.
  void write(const std::string& suite) const {
    if (folder_.empty()) return;
    Part part = {info_, {}};
    part.info.suite = suite;
    part.info.planned = planned_.at(suite);
    for (const CudaCaseResult& result : results_) {
      if (result.what.suite == suite) part.results.push_back(result);
    }
    const std::filesystem::path folder = folder_;
    write_file_atomically(folder / (suite + ".json"), json(part).dump(2) + "\n");
    write_file_atomically(folder / (suite + ".txt"), text(part));
  }

  CudaRunInfo info_;
  bool dry_;
  std::string folder_;
  std::map<std::string, std::size_t> planned_;
  std::vector<CudaCaseResult> results_;
};

std::vector<CudaDevice> devices_or_why() {
  std::string why;
  std::vector<CudaDevice> devices = kernels::cuda_devices(&why);
  if (devices.empty())
    throw BadInput(fmt::format("no CUDA device: {}; without one cuda_bench --dry shows cases and limits",
                               why.empty() ? "none is visible" : why));
  return devices;
}

CudaDevice device_for(const CudaBenchOptions& options) {
  const std::vector<CudaDevice> devices = devices_or_why();
  for (const CudaDevice& device : devices) {
    if (device.index != options.device) continue;
    kernels::use_cuda_device(device.index);
    return device;
  }
  throw BadInput(fmt::format("no CUDA device {}: there {} here, from 0 on", options.device,
                             devices.size() == 1 ? "is 1" : fmt::format("are {}", devices.size())));
}

/// Cases that follow one another often share their layer, which takes a second to draw.
class Layers {
 public:
  using Make = std::function<kernels::Layer(const CudaCase&)>;
  explicit Layers(Make make) : make_(std::move(make)) {}

  const kernels::Layer& of(const CudaCase& one) {
    if (!layer_ || !(of_.shape == one.shape) || of_.density != one.density || of_.mask != one.mask) {
      layer_.reset();
      layer_ = std::make_unique<kernels::Layer>(make_(one));
      of_ = one;
    }
    return *layer_;
  }

 private:
  Make make_;
  std::unique_ptr<kernels::Layer> layer_;
  CudaCase of_;
};

CudaBenchOutcome dry_run(const CudaBenchOptions& options, const std::vector<CudaCase>& cases) {
  CudaRunInfo info;
  info.suite = suite_name(options);
  info.date = utc_text(std::time(nullptr));
  info.rates = nominal_h200();
  info.planned = cases.size();
  const MachineRates rates = info.rates;
  Results results(std::move(info), options, cases);
  const kernels::CudaCandidates own = kernels::own_cuda_candidates();
  const CudaDevice device = nominal_h200_device();
  Layers layers([](const CudaCase& one) { return even_layer(one.shape, one.density); });
  for (const CudaCase& one : cases) {
    CudaCaseResult result = predicted(one, rates);
    result.predictions = own_predictions(one, layers.of(one), own, device, rates);
    results.add(std::move(result));
  }
  results.write_all();
  return results.outcome();
}

CudaBenchOutcome measured_run(const CudaBenchOptions& options, const std::vector<CudaCase>& cases,
                              const std::function<void(const std::string&)>& say) {
  const CudaDevice device = device_for(options);
  const Nvml nvml;
  const CudaField field{kernels::own_cuda_candidates(), kernels::cuda_library_candidates()};
  CudaRunInfo info;
  info.suite = suite_name(options);
  info.device = device;
  info.driver = nvml.driver_version();
  info.libraries = kernels::cuda_libraries();
  info.date = utc_text(std::time(nullptr));
  info.planned = cases.size();
  say(fmt::format("{}: measuring its ceilings", device.name));
  info.ceilings = kernels::measure_ceilings(device);
  info.rates = measured_rates(device, *info.ceilings);
  measure_dense_rates(info.rates, field, device);
  const MachineRates rates = info.rates;
  Results results(std::move(info), options, cases);
  results.write_all();  // the ceilings are worth having alone
  Layers layers([](const CudaCase& one) { return random_layer(one.shape, one.density, 1, one.mask); });
  for (std::size_t i = 0; i < cases.size(); ++i) {
    say(fmt::format("[{}/{}] {}", i + 1, cases.size(), cases[i].text()));
    results.add(time_case(cases[i], layers.of(cases[i]), field, device, rates, nvml));
  }
  return results.outcome();
}

}  // namespace

CudaBenchOutcome run_cuda_bench(const CudaBenchOptions& options,
                                const std::function<void(const std::string&)>& say) {
  const std::vector<CudaCase> cases = cuda_cases(options);  // bad input is told before anything is measured
  if (options.dry) return dry_run(options, cases);
  try {
    return measured_run(options, cases, say);
  } catch (const kernels::CudaError& error) {
    throw Failure(error.what());
  }
}

std::string cuda_devices_text() {
  std::string text;
  for (const CudaDevice& device : devices_or_why()) {
    text +=
        fmt::format("cuda:{}: {}, sm_{}, {} multiprocessors, {}, L2 {}, CUDA {}\n", device.index, device.name,
                    device.capability(), device.multiprocessors, bytes_text(device.memory_bytes),
                    bytes_text(static_cast<double>(device.l2_bytes)), device.driver);
  }
  return text;
}

void throw_if_wrong(const CudaBenchOutcome& outcome) {
  if (outcome.wrong == 0) return;
  throw Failure(fmt::format("{} time{} a kernel gave wrong outputs and was not timed (marked WRONG)",
                            outcome.wrong, outcome.wrong == 1 ? "" : "s"));
}

}  // namespace coppice
