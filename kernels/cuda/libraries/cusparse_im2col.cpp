// cuSPARSE on convolutions: their inputs written out as a matrix, which is part of every run, then SpMM.
#include "kernels/cuda/libraries/cusparse_im2col.h"

#include <utility>

#include "kernels/cuda/im2col/im2col.h"
#include "kernels/cuda/libraries/cusparse_runner.h"
#include "kernels/cuda/libraries/libraries.h"
#include "kernels/cuda/libraries/search.h"
#include "kernels/cuda/operands.h"

namespace coppice::kernels {

namespace {

struct Inputs {
  LayerShape shape;
  std::int64_t images = 1;
  Layout in;
  bool overlap = false;  ///< The launch before may be overlapped.
};

/// The product's runner with the matrix before it.
class Im2colRunner : public LibraryRunner {
 public:
  Im2colRunner(const LibraryTask& task, const Inputs& inputs, std::unique_ptr<CudaRunner> product)
      : LibraryRunner(task),
        inputs_(inputs),
        product_(std::move(product)),
        matrix_(im2col_matrix(inputs.shape, inputs.images).bytes(task.precision)) {
    add_preparation(product_->preparation_seconds());
  }
  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<Im2colRunner>(task(), inputs_, product_->replicate());
  }
  std::int64_t packed_bytes() const override { return product_->packed_bytes(); }
  std::string variant() const override { return "im2col, then " + product_->variant(); }

 protected:
  void product(const void* x, const void* residual, void* y, CudaStream stream) override {
    im2col(inputs_.shape, inputs_.images, task().precision, inputs_.in, x, matrix_.data(), stream,
           inputs_.overlap);
    product_->run(matrix_.data(), residual, y, stream);
  }

 private:
  Inputs inputs_;
  std::unique_ptr<CudaRunner> product_;
  DeviceBuffer matrix_;
};

class CusparseIm2colCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cusparse-im2col"; }
  bool sparse() const override { return true; }
  std::string refusal(const CudaRequest& request) const override {
    const std::string why = as_im2col_product(request, nullptr);
    return why.empty() ? cusparse_refusal(request) : why;
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    Product product;
    as_im2col_product(request, &product);
    const LibraryTask task(request);
    const Inputs inputs = {request.layer.shape, request.images, request.in,
                           overlap_choices(request.device).front()};
    const auto matrix = std::make_shared<const DeviceSparse>(
        on_device(csr_arrays(request.layer.weights), request.layer.bias, request.precision));
    std::vector<Attempt> attempts;
    for (const SparseAlgorithm& algorithm : kCsrMatrixAlgorithms) {
      attempts.push_back([=] {
        return std::make_unique<Im2colRunner>(task, inputs,
                                              cusparse_runner(task, product, matrix, algorithm));
      });
    }
    return fastest(request, attempts, SearchCounts::kNo);
  }
};

}  // namespace

std::string as_im2col_product(const CudaRequest& request, Product* product) {
  const LayerShape& shape = request.layer.shape;
  if (shape.linear()) return "a linear layer: a product as it is";
  if (as_product(request, nullptr).empty()) return "a 1x1 convolution: a product as it lies";
  const bool one = request.images == 1;
  const Order in = request.in.order, out = request.out.order;
  if (in != Order::kPlain && in != Order::kImagesLast) return "input that is neither plain nor images-last";
  if (request.out.halo != 0) return "output with a halo";
  if (out == Order::kLanes) return "output in lanes";
  // Columns are numbered as the input's images and pixels follow one another, and so must the output's.
  const bool by_row = out != Order::kChannelsLast;
  const bool images_last = in == Order::kImagesLast;
  if (!one && (by_row ? !images_last || out != Order::kImagesLast : images_last))
    return "output of several images in an order that is not the matrix'";
  const Im2colMatrix matrix = im2col_matrix(shape, request.images);
  if (shape.outputs < 1 || matrix.rows < 1 || matrix.columns < 1) return "an empty layer or batch";
  if (matrix.columns == 1) return "a single output pixel";  // SpMM is for more
  const std::int64_t size = element_bytes(request.precision);
  if (matrix.columns > kMostIm2colBytes / size / matrix.rows) return "a matrix of inputs of more than 1 GiB";
  if (product) *product = {shape.outputs, matrix.rows, matrix.columns, true, by_row};
  return "";
}

std::shared_ptr<const CudaCandidate> cusparse_im2col_candidate() {
  return std::make_shared<const CusparseIm2colCandidate>();
}

}  // namespace coppice::kernels
