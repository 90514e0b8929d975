#include <cstring>
#include <utility>

#include "kernels/cuda/memory.h"
#include "update_bench/updater.h"

namespace coppice {

using namespace kernels;

namespace {

/// All arrays of a network behind each other, as they lie in one piece of memory: to be copied at once.
class Image {
 public:
  explicit Image(const UpdateData& data) {
    for (const UpdateTensorData& tensor : data.tensors) {
      Places at;
      at.count = tensor.count();
      at.value = add(tensor.value);
      at.gradient = add(tensor.gradient);
      const std::vector<float> zeros(tensor.value.size());
      at.first = add(zeros);
      if (data.states() > 1) at.second = add(zeros);
      if (!tensor.mask.empty()) at.mask = add(tensor.mask);
      places_.push_back(at);
    }
  }

  DeviceBuffer upload() const { return on_device(bytes_); }

  std::vector<UpdateTensor> tensors(DeviceBuffer& buffer) const {
    const auto at = [&](std::int64_t place) {
      return place < 0 ? nullptr : buffer.as<unsigned char>() + place;
    };
    const auto floats = [&](std::int64_t place) { return reinterpret_cast<float*>(at(place)); };
    std::vector<UpdateTensor> tensors;
    for (const Places& p : places_) {
      tensors.push_back({floats(p.value), at(p.gradient), floats(p.first), floats(p.second),
                         reinterpret_cast<const std::uint64_t*>(at(p.mask)), p.count});
    }
    return tensors;
  }

  std::vector<std::vector<float>> values(const DeviceBuffer& buffer) const {
    const std::vector<unsigned char> bytes = on_host<unsigned char>(buffer);
    std::vector<std::vector<float>> values;
    for (const Places& p : places_) {
      values.emplace_back(static_cast<std::size_t>(p.count));
      std::memcpy(values.back().data(), bytes.data() + p.value, values.back().size() * sizeof(float));
    }
    return values;
  }

 private:
  struct Places {
    std::int64_t value = -1, gradient = -1, first = -1, second = -1, mask = -1, count = 0;
  };

  template <class T>
  std::int64_t add(const std::vector<T>& array) {
    constexpr std::size_t kAlignment = 256;
    const std::size_t at = (bytes_.size() + kAlignment - 1) / kAlignment * kAlignment;
    bytes_.resize(at + array.size() * sizeof(T));
    std::memcpy(bytes_.data() + at, array.data(), array.size() * sizeof(T));
    return static_cast<std::int64_t>(at);
  }

  std::vector<unsigned char> bytes_;
  std::vector<Places> places_;
};

/// One copy of all arrays, and the kernel that knows them.
struct Copy {
  DeviceBuffer buffer;
  std::unique_ptr<MaskedUpdate> update;
};

class OwnUpdater : public Updater {
 public:
  OwnUpdater(const UpdateData& data, const CudaDevice& device, std::int64_t copies, Pruned pruned)
      : sgd_(data.optimizer == UpdateOptimizer::kSgd), masks_(any_mask(data)), pruned_(pruned), image_(data) {
    for (std::int64_t i = 0; i < copies; ++i) {
      copies_.push_back({i == 0 ? image_.upload() : copies_.front().buffer.copy(), nullptr});
      copies_.back().update = std::make_unique<MaskedUpdate>(image_.tensors(copies_.back().buffer), device);
    }
    if (sgd_) {
      sgd_steps_ = std::make_unique<PlannedSteps<SgdStep>>(std::vector<SgdStep>{kTimedSgd});
      return;
    }
    constexpr std::int64_t kPlanned = 100'000;  // bias corrections are 1 by then
    std::vector<AdamStep> steps;
    for (std::int64_t number = 1; number <= kPlanned; ++number) steps.push_back(timed_adam(number));
    adam_steps_ = std::make_unique<PlannedSteps<AdamStep>>(steps);
  }

  static bool any_mask(const UpdateData& data) {
    for (const UpdateTensorData& tensor : data.tensors) {
      if (!tensor.mask.empty()) return true;
    }
    return false;
  }

  std::string name() const override { return pruned_ == Pruned::kZero ? "own, pruned are zero" : "own"; }
  std::string variant() const override { return copies_.front().update->variant(); }
  bool own() const override { return true; }
  Leaves leaves() const override { return masks_ ? Leaves::kZero : Leaves::kAnything; }

  void run(std::int64_t call, CudaStream stream) override {
    const MaskedUpdate& update = *copies_[static_cast<std::size_t>(call) % copies_.size()].update;
    if (sgd_) {
      update.run(*sgd_steps_, stream, pruned_);
    } else {
      update.run(*adam_steps_, stream, pruned_);
    }
  }

  std::vector<std::vector<float>> values() const override { return image_.values(copies_.front().buffer); }

 private:
  bool sgd_, masks_;
  Pruned pruned_;
  Image image_;
  std::vector<Copy> copies_;
  std::unique_ptr<PlannedSteps<SgdStep>> sgd_steps_;
  std::unique_ptr<PlannedSteps<AdamStep>> adam_steps_;
};

}  // namespace

Updaters own_updaters(const UpdateData& data, const CudaDevice& device, std::int64_t copies) {
  Updaters updaters;
  updaters.push_back(std::make_unique<OwnUpdater>(data, device, copies, Pruned::kAnything));
  if (OwnUpdater::any_mask(data))
    updaters.push_back(std::make_unique<OwnUpdater>(data, device, copies, Pruned::kZero));
  return updaters;
}

}  // namespace coppice
