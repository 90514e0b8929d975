#include "train/device.h"

#include "coppice/error.h"
#include "coppice/train.h"

#include <string>

#include "gtest/gtest.h"
#include "train/libtorch/cuda.h"

namespace coppice {
namespace {

std::string refusal(const std::string& device, int threads = 1) {
  try {
    resolve_device(device, threads);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

TEST(Device, CpuTakesTheThreadsAsked) {
  const Device device = resolve_device("cpu", 3);
  EXPECT_EQ(device.type, "cpu");
  EXPECT_EQ(device.threads, 3);
  EXPECT_EQ(resolve_device("cpu", 0).threads, available_threads());
  EXPECT_GE(available_threads(), 1);
}

TEST(Device, RefusesWhatIsNone) {
  for (const char* name : {"", "gpu", "cpu0", "cuda:", "cuda:x", "cuda:1x", "cuda:-1", "cuda1", "CUDA"}) {
    EXPECT_NE(refusal(name).find("--device"), std::string::npos) << name;
  }
  EXPECT_NE(refusal("cpu", -1).find("--threads"), std::string::npos);
}

/// Here or there: with a GPU "auto" takes it, without one it is the CPU and "cuda" says why not.
TEST(Device, CudaIsThereOrTheReasonIs) {
  const CudaState cuda = open_cuda();
  if (cuda.devices > 0) {
    EXPECT_EQ(resolve_device("auto", 1).type, "cuda");
    EXPECT_NE(refusal("cuda:" + std::to_string(cuda.devices)), "");
    return;
  }
  EXPECT_EQ(resolve_device("auto", 1).type, "cpu");
  EXPECT_FALSE(cuda.why.empty());
  for (const char* name : {"cuda", "cuda:0"}) {
    EXPECT_NE(refusal(name).find(cuda.why), std::string::npos) << refusal(name);
  }
}

TEST(Device, ControlGroupQuotaLimitsThreads) {
  EXPECT_EQ(threads_of_quota("max 100000"), 0);
  EXPECT_EQ(threads_of_quota("200000 100000"), 2);
  EXPECT_EQ(threads_of_quota("150000 100000"), 2);
  EXPECT_EQ(threads_of_quota("10000 100000"), 1);
  for (const char* broken : {"", "x", "5", "5 ", "5 x", "0 100000", "5 0", "-5 100000"}) {
    EXPECT_EQ(threads_of_quota(broken), 0) << broken;
  }
}

}  // namespace
}  // namespace coppice
