#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/libraries/cudnn.h"

namespace coppice::kernels {

/// What cuDNN calls the type of an attribute that holds such values.
template <class Value>
inline constexpr cudnnBackendAttributeType_t kCudnnAttributeType = Value::has_no_attribute_type;
template <>
inline constexpr auto kCudnnAttributeType<cudnnHandle_t> = CUDNN_TYPE_HANDLE;
template <>
inline constexpr auto kCudnnAttributeType<cudnnDataType_t> = CUDNN_TYPE_DATA_TYPE;
template <>
inline constexpr auto kCudnnAttributeType<bool> = CUDNN_TYPE_BOOLEAN;
template <>
inline constexpr auto kCudnnAttributeType<std::int64_t> = CUDNN_TYPE_INT64;
template <>
inline constexpr auto kCudnnAttributeType<float> = CUDNN_TYPE_FLOAT;
template <>
inline constexpr auto kCudnnAttributeType<char> = CUDNN_TYPE_CHAR;
template <>
inline constexpr auto kCudnnAttributeType<const void*> = CUDNN_TYPE_VOID_PTR;
template <>
inline constexpr auto kCudnnAttributeType<cudnnConvolutionMode_t> = CUDNN_TYPE_CONVOLUTION_MODE;
template <>
inline constexpr auto kCudnnAttributeType<cudnnPointwiseMode_t> = CUDNN_TYPE_POINTWISE_MODE;
template <>
inline constexpr auto kCudnnAttributeType<cudnnBackendHeurMode_t> = CUDNN_TYPE_HEUR_MODE;
template <>
inline constexpr auto kCudnnAttributeType<cudnnBackendKnobType_t> = CUDNN_TYPE_KNOB_TYPE;
template <>
inline constexpr auto kCudnnAttributeType<cudnnBackendNumericalNote_t> = CUDNN_TYPE_NUMERICAL_NOTE;

/// A descriptor of cuDNN's graphs, of whatever kind: attributes are set, finalise() has cuDNN check them, and
/// then it can be used and read. Copies are the same descriptor; it keeps those alive that it was made of.
/// Every function throws CudaError with what cuDNN answered.
class CudnnDescriptor {
 public:
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t kind);

  template <class Value>
  void set(cudnnBackendAttributeName_t name, const std::vector<Value>& values) {
    write(name, kCudnnAttributeType<Value>, values.size(), values.data());
  }
  template <class Value>
  void set(cudnnBackendAttributeName_t name, const Value& value) {
    write(name, kCudnnAttributeType<Value>, 1, &value);
  }
  void set(cudnnBackendAttributeName_t name, const std::vector<CudnnDescriptor>& parts);
  void set(cudnnBackendAttributeName_t name, const CudnnDescriptor& part) { set(name, std::vector{part}); }

  void finalise(const char* what);
  bool try_finalise();  ///< False where cuDNN refuses: the descriptor is then of no use.

  /// At most so many values.
  template <class Value>
  std::vector<Value> read(cudnnBackendAttributeName_t name, std::size_t most) const {
    std::unique_ptr<Value[]> values(new Value[most]());  // no std::vector: of bool it is none
    const std::size_t count = read(name, kCudnnAttributeType<Value>, most, values.get());
    return std::vector<Value>(values.get(), values.get() + count);
  }
  /// The only value.
  template <class Value>
  Value get(cudnnBackendAttributeName_t name) const {
    const std::vector<Value> values = read<Value>(name, 1);
    if (values.empty()) throw CudaError("cuDNN, reading an attribute: there is none");
    return values.front();
  }
  /// At most so many descriptors of a kind. They hold on to this one.
  std::vector<CudnnDescriptor> parts(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t kind,
                                     std::size_t most) const;

  cudnnBackendDescriptor_t raw() const { return held_->made; }

 private:
  struct Held {
    cudnnBackendDescriptor_t made = nullptr;
    std::vector<CudnnDescriptor> parts;
    Held() = default;
    Held(Held&&) = delete;
    ~Held();
  };

  void write(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
             const void* values);
  std::size_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t most,
                   void* values) const;

  std::shared_ptr<Held> held_;
};

}  // namespace coppice::kernels
