#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/error.h"

namespace coppice::kernels {

/// The device does not work any more: nothing can be done with it until the process ends.
class DeviceLost : public CudaError {
 public:
  using CudaError::CudaError;
};

/// Throws DeviceLost where the current device does not work, naming who ran last.
void check_device_works(const std::string& ran_last);

/// Does a candidate's work. What CUDA answers to it is returned in words, empty where all went well: the
/// error may be the candidate's own (no memory, say). Or it leaves the device unusable for all that follow:
/// that `check` is there to find.
std::string complaint_of(const std::string& candidate, const std::function<void()>& work,
                         const std::function<void(const std::string& ran_last)>& check = check_device_works);

/// What a candidate has for a request.
struct CudaOffer {
  std::vector<std::unique_ptr<CudaRunner>> runners;
  // Where there are none:
  std::string refusal;
  std::string complaint;  ///< What CUDA answered when they were made.
};
CudaOffer offer_of(const CudaCandidate& candidate, const CudaRequest& request,
                   const std::function<void(const std::string& ran_last)>& check = check_device_works);

}  // namespace coppice::kernels
