#include "update_bench/run_update.h"

#include "coppice/error.h"

#include <ctime>
#include <filesystem>

#include <fmt/format.h>

#include "base/files.h"
#include "base/utc.h"
#include "cuda_bench/results_json.h"
#include "kernels/cuda/error.h"
#include "kernels/cuda/timing/measure_ceilings.h"
#include "train/libtorch/cuda.h"
#include "train/libtorch/version.h"
#include "update_bench/update_table.h"

namespace coppice {

namespace {

/// The results so far, in all their forms.
class Results {
 public:
  Results(CudaRunInfo info, const UpdateBenchOptions& options)
      : info_(std::move(info)), dry_(options.dry), folder_(options.out) {
    if (!folder_.empty()) make_folder(folder_);
    write();  // the ceilings are worth having alone
  }

  void add(UpdateResult result) {
    results_.push_back(std::move(result));
    write();
  }
  CudaBenchOutcome outcome() const {
    int wrong = 0;
    for (const UpdateResult& result : results_) wrong += static_cast<int>(result.wrong.size());
    return {text(), json(), wrong};
  }

 private:
  nlohmann::ordered_json json() const {
    nlohmann::ordered_json json = to_json(info_);
    for (const UpdateResult& result : results_) json["results"].push_back(to_json(result));
    return json;
  }
  std::string text() const {
    std::string text;
    if (info_.device) {
      text = fmt::format("{}, driver {}, CUDA {}, {}\n", info_.device->name,
                         info_.driver.empty() ? "unknown" : info_.driver, info_.device->runtime, info_.date);
      for (const kernels::CudaLibrary& library : info_.libraries)
        text += fmt::format("{} {}\n", library.name, library.version);
    }
    text += to_text(info_.rates) + "\n";
    if (results_.size() < info_.planned)
      text += fmt::format("{} of {} cases\n", results_.size(), info_.planned);
    return text + "\n" + (dry_ ? update_limits_table(results_) : update_table(results_));
  }
  void write() const {
    if (folder_.empty()) return;
    write_file_atomically(folder_ / "update.json", json().dump(2) + "\n");
    write_file_atomically(folder_ / "update.txt", text());
  }

  CudaRunInfo info_;
  bool dry_;
  std::filesystem::path folder_;
  std::vector<UpdateResult> results_;
};

CudaRunInfo run_info(std::size_t cases) {
  CudaRunInfo info;
  info.suite = "update";
  info.date = utc_text(std::time(nullptr));
  info.planned = cases;
  return info;
}

kernels::CudaDevice usable_device(int index) {
  const CudaState torch = open_cuda();  // before anything else: it must come before the first tensor
  std::string why;
  const std::vector<kernels::CudaDevice> devices = kernels::cuda_devices(&why);
  const std::string without = "; without one --dry shows bytes and limits";
  if (devices.empty())
    throw BadInput(fmt::format("no CUDA device: {}{}", why.empty() ? "none is visible" : why, without));
  if (torch.devices == 0)
    throw BadInput(fmt::format("--suite update: LibTorch sees no CUDA device: {}{}", torch.why, without));
  for (const kernels::CudaDevice& device : devices) {
    if (device.index != index) continue;
    kernels::use_cuda_device(index);
    return device;
  }
  throw BadInput(fmt::format("no CUDA device {}: there {} here, from 0 on", index,
                             devices.size() == 1 ? "is 1" : fmt::format("are {}", devices.size())));
}

CudaBenchOutcome dry_run(const UpdateBenchOptions& options, const std::vector<UpdateCase>& cases) {
  CudaRunInfo info = run_info(cases.size());
  info.rates = nominal_h200();
  const MachineRates rates = info.rates;
  Results results(std::move(info), options);
  for (const UpdateCase& one : cases) results.add(predicted(one, draw_update_data(one), rates));
  return results.outcome();
}

CudaBenchOutcome measured_run(const UpdateBenchOptions& options, const std::vector<UpdateCase>& cases,
                              const std::function<void(const std::string&)>& say) {
  const kernels::CudaDevice device = usable_device(options.device);
  const Nvml nvml;
  CudaRunInfo info = run_info(cases.size());
  info.device = device;
  info.driver = nvml.driver_version();
  info.libraries = {{"LibTorch", torch_version(), "", ""}};
  say(fmt::format("{}: measuring its ceilings", device.name));
  info.ceilings = kernels::measure_ceilings(device);
  info.rates = measured_rates(device, *info.ceilings);
  const MachineRates rates = info.rates;
  Results results(std::move(info), options);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    say(fmt::format("[{}/{}] {}", i + 1, cases.size(), cases[i].text()));
    results.add(time_update(cases[i], device, rates, nvml));
  }
  return results.outcome();
}

}  // namespace

CudaBenchOutcome run_update_bench(const UpdateBenchOptions& options,
                                  const std::function<void(const std::string&)>& say) {
  const std::vector<UpdateCase> cases =
      update_cases(options);  // bad input is told before anything is measured
  if (options.dry) return dry_run(options, cases);
  try {
    return measured_run(options, cases, say);
  } catch (const kernels::CudaError& error) {
    throw Failure(error.what());
  }
}

}  // namespace coppice
