// Libraries that stand in for CUDA's: each does one thing that a real one may do.
#include "kernels/cuda/libraries/libraries.h"

#include <chrono>
#include <thread>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/candidate.h"
#include "kernels/cuda/error.h"

namespace coppice::kernels {

namespace {

/// The definition itself, in the precision's elements; off by `error` everywhere.
class ReferenceRunner final : public CudaRunner {
 public:
  ReferenceRunner(const CudaRequest& request, double error, double extra_seconds)
      : layer_(request.layer),
        images_(request.images),
        precision_(request.precision),
        in_(request.in),
        out_(request.out),
        error_(error),
        extra_seconds_(extra_seconds) {
    if (precision_ == Precision::kBf16) {
      for (float& value : layer_.weights.value) value = from_bf16(to_bf16(value));
    }
  }

  void run(const void* x, const void*, void* y, CudaStream) override {
    const auto inputs = static_cast<std::size_t>(layer_.input(images_, in_).floats());
    std::vector<float> input(inputs + kSlack);
    for (std::size_t i = 0; i < inputs; ++i)
      input[i] = precision_ == Precision::kBf16 ? from_bf16(static_cast<const Bf16*>(x)[i])
                                                : static_cast<const float*>(x)[i];
    std::vector<double> output(static_cast<std::size_t>(layer_.output(images_, out_).floats()));
    reference_layer(layer_, images_, in_, out_, input.data(), nullptr, output.data());
    for (std::size_t i = 0; i < output.size(); ++i) {
      const auto value = static_cast<float>(output[i] + error_);
      if (precision_ == Precision::kBf16) {
        static_cast<Bf16*>(y)[i] = to_bf16(value);
      } else {
        static_cast<float*>(y)[i] = value;
      }
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(extra_seconds_));
  }
  std::unique_ptr<CudaRunner> replicate() const override { return std::make_unique<ReferenceRunner>(*this); }
  std::int64_t packed_bytes() const override { return 2000; }
  std::string variant() const override { return extra_seconds_ > 0 ? "slow" : "quick"; }
  double preparation_seconds() const override { return 0.001; }

 private:
  Layer layer_;
  std::int64_t images_;
  Precision precision_;
  Layout in_, out_;
  double error_, extra_seconds_;
};

enum class Manner { kHonest, kWrong, kThrows, kRefuses };

class Library final : public CudaCandidate {
 public:
  Library(std::string name, bool sparse, Manner manner)
      : name_(std::move(name)), sparse_(sparse), manner_(manner) {}
  std::string name() const override { return name_; }
  bool sparse() const override { return sparse_; }
  std::string refusal(const CudaRequest& request) const override {
    if (manner_ == Manner::kRefuses) return "not today";
    return request.layer.shape.columns() > 100 ? "too large for it" : "";
  }
  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (manner_ == Manner::kThrows) throw CudaError("no memory left");
    const double error = manner_ == Manner::kWrong ? 0.25 : 0;
    std::vector<std::unique_ptr<CudaRunner>> runners;
    runners.push_back(std::make_unique<ReferenceRunner>(request, error, 0.002));
    runners.push_back(std::make_unique<ReferenceRunner>(request, error, 0));
    return runners;
  }

 private:
  std::string name_;
  bool sparse_;
  Manner manner_;
};

}  // namespace

std::vector<CudaLibrary> cuda_libraries() {
  return {{"Stand-in", "1.2", "nowhere", ""}, {"Missing", "", "", "not on this machine"}};
}

CudaCandidates cuda_library_candidates() {
  return {std::make_shared<Library>("good-dense", false, Manner::kHonest),
          std::make_shared<Library>("good-sparse", true, Manner::kHonest),
          std::make_shared<Library>("liar", true, Manner::kWrong),
          std::make_shared<Library>("thrower", false, Manner::kThrows),
          std::make_shared<Library>("picky", false, Manner::kRefuses)};
}

}  // namespace coppice::kernels
