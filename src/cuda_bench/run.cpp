#include "cuda_bench/run.h"

#include "coppice/error.h"

#include <ctime>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/files.h"
#include "base/utc.h"
#include "cuda_bench/cuda_table.h"
#include "cuda_bench/dense_rates.h"
#include "cuda_bench/results_json.h"
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
  Results(CudaRunInfo info, const CudaBenchOptions& options) : info_(std::move(info)), dry_(options.dry) {
    if (options.out.empty()) return;
    make_folder(options.out);
    file_ = (std::filesystem::path(options.out) / ("cuda-" + info_.suite)).string();
  }

  void add(CudaCaseResult result) {
    results_.push_back(std::move(result));
    if (!dry_) write();
  }
  void write() const {
    if (file_.empty()) return;
    write_file_atomically(file_ + ".json", json().dump(2) + "\n");
    write_file_atomically(file_ + ".txt", text());
  }

  nlohmann::ordered_json json() const {
    nlohmann::ordered_json json = to_json(info_);
    for (const CudaCaseResult& result : results_) json["results"].push_back(to_json(result));
    return json;
  }
  std::string text() const {
    std::string text;
    if (info_.device) {
      text = fmt::format("{}, driver {}, CUDA {}, {}\n", info_.device->name,
                         info_.driver.empty() ? "unknown" : info_.driver, info_.device->runtime, info_.date);
    }
    text += to_text(info_.rates) + "\n";
    if (results_.size() < info_.planned)
      text += fmt::format("{} of {} cases\n", results_.size(), info_.planned);
    return text + "\n" + (dry_ ? cuda_limits_table(results_) : cuda_table(results_));
  }
  int wrong() const {
    int count = 0;
    for (const CudaCaseResult& result : results_) count += static_cast<int>(result.wrong.size());
    return count;
  }

 private:
  CudaRunInfo info_;
  bool dry_;
  std::vector<CudaCaseResult> results_;
  std::string file_;  ///< Less its ending.
};

CudaDevice device_for(const CudaBenchOptions& options) {
  std::string why;
  const std::vector<CudaDevice> devices = kernels::cuda_devices(&why);
  if (devices.empty())
    throw BadInput(fmt::format("no CUDA device: {}; without one cuda_bench --dry shows cases and limits",
                               why.empty() ? "none is visible" : why));
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
  const kernels::Layer& of(const CudaCase& one) {
    if (!layer_ || !(layer_->shape == one.shape) || density_ != one.density) {
      layer_.reset();
      layer_ = std::make_unique<kernels::Layer>(random_layer(one.shape, one.density, 1));
      density_ = one.density;
    }
    return *layer_;
  }

 private:
  std::unique_ptr<kernels::Layer> layer_;
  double density_ = 0;
};

CudaBenchOutcome outcome_of(const Results& results) {
  results.write();
  return {results.text(), results.json(), results.wrong()};
}

CudaBenchOutcome dry_run(const CudaBenchOptions& options, const std::vector<CudaCase>& cases) {
  CudaRunInfo info;
  info.suite = suite_name(options);
  info.date = utc_text(std::time(nullptr));
  info.rates = nominal_h200();
  info.planned = cases.size();
  const MachineRates rates = info.rates;
  Results results(std::move(info), options);
  for (const CudaCase& one : cases) results.add(predicted(one, rates));
  return outcome_of(results);
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
  info.date = utc_text(std::time(nullptr));
  info.planned = cases.size();
  say(fmt::format("{}: measuring its ceilings", device.name));
  info.ceilings = kernels::measure_ceilings(device);
  info.rates = measured_rates(device, *info.ceilings);
  measure_dense_rates(info.rates, field, device);
  const MachineRates rates = info.rates;
  Results results(std::move(info), options);
  results.write();  // the ceilings are worth having alone
  Layers layers;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    say(fmt::format("[{}/{}] {}", i + 1, cases.size(), cases[i].text()));
    results.add(time_case(cases[i], layers.of(cases[i]), field, device, rates, nvml));
  }
  return outcome_of(results);
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

void throw_if_wrong(const CudaBenchOutcome& outcome) {
  if (outcome.wrong == 0) return;
  throw Failure(fmt::format("{} time{} a kernel gave wrong outputs and was not timed (marked WRONG)",
                            outcome.wrong, outcome.wrong == 1 ? "" : "s"));
}

}  // namespace coppice
