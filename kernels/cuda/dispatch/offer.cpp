#include "kernels/cuda/dispatch/offer.h"

#include "kernels/cuda/memory.h"

namespace coppice::kernels {

void check_device_works(const std::string& ran_last) {
  try {
    DeviceBuffer(16).fill(0);
  } catch (const CudaError& error) {
    throw DeviceLost("the GPU does not work any more: " + std::string(error.what()) + "; it was lost after " +
                     ran_last);
  }
}

std::string complaint_of(const std::string& candidate, const std::function<void()>& work,
                         const std::function<void(const std::string& ran_last)>& check) {
  try {
    work();
  } catch (const DeviceLost&) {
    throw;
  } catch (const CudaError& error) {
    check(candidate);
    return error.what();
  }
  return "";
}

CudaOffer offer_of(const CudaCandidate& candidate, const CudaRequest& request,
                   const std::function<void(const std::string& ran_last)>& check) {
  CudaOffer offer;
  offer.refusal = candidate.refusal(request);
  if (!offer.refusal.empty()) return offer;
  offer.complaint = complaint_of(
      candidate.name(), [&] { offer.runners = candidate.make(request); }, check);
  return offer;
}

}  // namespace coppice::kernels
