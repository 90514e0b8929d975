// Linear layers on a device.
#pragma once
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/linear_cases.h"

namespace coppice::kernels {

/// Skipped without a device, or where it cannot run the kernel.
class LinearOnDevice : public testing::Test {
 protected:
  /// `sums_off`: by how much more than FP32 rounds a kernel's sums may be off. Tensor cores may cut off what
  /// others round: twice the error.
  LinearOnDevice(std::shared_ptr<const CudaCandidate> candidate, int least_capability, double sums_off = 1)
      : candidate_(std::move(candidate)), least_capability_(least_capability), sums_off_(sums_off) {}

  void SetUp() override {
    std::string why;
    const std::vector<CudaDevice> devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no CUDA device: " << why;
    device_ = devices.front();
    if (device_.capability() < least_capability_)
      GTEST_SKIP() << "needs compute capability " << least_capability_ / 10 << "." << least_capability_ % 10;
  }

  std::int64_t up_to(std::int64_t most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
  }
  bool overlaps() { return up_to(2) && device_.capability() >= 90; }

  Layer draw_layer(std::int64_t most_rows, std::int64_t most_columns, Precision precision) {
    Layer layer = linear_layer(1 + up_to(most_rows), 1 + up_to(most_columns));
    fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, up_to(6)), precision, random_);
    if (up_to(2)) give_bias(layer, random_);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    return layer;
  }
  /// With bias and ReLU.
  Layer even_layer(std::int64_t rows, std::int64_t columns, double density, Precision precision) {
    Layer layer = linear_layer(rows, columns);
    fill_rows(layer, Rows::kEven, density, precision, random_);
    give_bias(layer, random_);
    layer.relu = true;
    return layer;
  }
  Layer one_full_row(std::int64_t rows, std::int64_t columns, std::size_t at) {
    Layer layer = linear_layer(rows, columns);
    layer.weights.begin.assign(at + 1, 0);
    layer.weights.begin.resize(static_cast<std::size_t>(rows) + 1, columns);
    for (std::int32_t column = 0; column < columns; ++column) {
      layer.weights.column.push_back(column);
      layer.weights.value.push_back(static_cast<float>(column % 7) - 3);
    }
    give_bias(layer, random_);
    return layer;
  }

  LinearData data_of(const CudaRequest& request) {
    LinearData data = draw_data(request, random_);
    define(request, data);
    for (double& bound : data.bound) bound *= sums_off_;
    return data;
  }

  /// Right, and the same bits once more from the same runner and from a copy.
  void check(const CudaRequest& request, CudaRunner& runner, const LinearData& data) {
    const std::vector<float> got = run_on(runner, request, data);
    ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner.variant()));
    const auto copy = runner.replicate();
    for (CudaRunner* again : {&runner, copy.get()}) {
      const std::vector<float> other = run_on(*again, request, data);
      ASSERT_EQ(std::memcmp(got.data(), other.data(), got.size() * sizeof(float)), 0) << runner.variant();
    }
  }
  /// Every variant of the candidate.
  void check_variants(const CudaRequest& request) {
    ASSERT_EQ(candidate_->refusal(request), "");
    const LinearData data = data_of(request);
    for (const auto& runner : candidate_->make(request))
      ASSERT_NO_FATAL_FAILURE(check(request, *runner, data));
  }

  /// Launches of a square layer that overlap, each reading what the one before writes and writing what that
  /// one read, give the same as launches one after the other. runner_of(overlap) makes a runner.
  template <class RunnerOf>
  void check_chain(const CudaRequest& request, const RunnerOf& runner_of) {
    const LinearData data = draw_data(request, random_);
    const auto chain = [&](CudaRunner& runner) {
      DeviceBuffer a = to_device(data.x, request.precision), b(a.bytes());
      for (int i = 0; i < 50; ++i) {
        runner.run(a.data(), nullptr, b.data(), nullptr);
        runner.run(b.data(), nullptr, a.data(), nullptr);
      }
      return on_host<unsigned char>(a);
    };
    const std::vector<unsigned char> apart = chain(*runner_of(false));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(chain(*runner_of(true)), apart);
  }

  CudaDevice device_;
  std::mt19937 random_{11};

 private:
  std::shared_ptr<const CudaCandidate> candidate_;
  int least_capability_;
  double sums_off_;
};

}  // namespace coppice::kernels
