#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/cuda/libraries/cusparselt.h"
#include "kernels/cuda/libraries/product.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// A layer's product on sparse tensor cores, and what is fused into it.
struct StructuredForm {
  Product product;
  Precision precision = Precision::kBf16;
  const void* bias = nullptr;  ///< The device's, stored as the outputs are; null where it is not fused.
  bool relu = false;           ///< Fused.
};

/// An algorithm as cuSPARSELt's search leaves it; nothing where its own default stands.
struct StructuredChoice {
  int id = 0;
  std::optional<int> split_k, split_k_mode, split_k_buffers;
  std::string text() const;
};

/// cuSPARSELt's descriptors and plan of y = relu(W x + beta residual + bias). They refer to each other, so
/// they stay where they are.
class StructuredPlan {
 public:
  StructuredPlan(const StructuredForm& form, const StructuredChoice& choice);  ///< Throws CudaError.
  ~StructuredPlan();
  StructuredPlan(const StructuredPlan&) = delete;
  StructuredPlan& operator=(const StructuredPlan&) = delete;

  DeviceBuffer compress(const DeviceBuffer& dense) const;  ///< The weights, row by row. Throws CudaError.
  int algorithms() const;                                  ///< Choices have ids below this.
  /// What the library's own search finds best, on activations of rubbish. Throws CudaError.
  StructuredChoice search(const DeviceBuffer& compressed);
  /// `residual` may be null. Throws CudaError.
  void run(const DeviceBuffer& compressed, const void* x, const void* residual, void* y, CudaStream stream);

 private:
  void make(const StructuredForm& form, const StructuredChoice& choice);
  void destroy();

  const cusparseLtHandle_t* handle_;
  std::int64_t x_bytes_ = 0, y_bytes_ = 0;
  cusparseLtMatDescriptor_t weights_ = {}, x_ = {}, y_ = {};
  cusparseLtMatmulDescriptor_t product_ = {};
  cusparseLtMatmulAlgSelection_t algorithm_ = {};
  cusparseLtMatmulPlan_t plan_ = {};
  int matrices_made_ = 0;
  bool algorithm_made_ = false, plan_made_ = false;
  DeviceBuffer workspace_;
};

}  // namespace coppice::kernels
