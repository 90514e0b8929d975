#include "kernels/cuda/libraries/product.h"

namespace coppice::kernels {

namespace {

bool pointwise(const LayerShape& shape) {
  return shape.kernel_height == 1 && shape.kernel_width == 1 && shape.stride == 1 && shape.padding == 0;
}

}  // namespace

std::string as_product(const CudaRequest& request, Product* product) {
  const LayerShape& shape = request.layer.shape;
  const Order in = request.in.order, out = request.out.order;
  if (request.in.halo != 0 || request.out.halo != 0 || in == Order::kLanes || out == Order::kLanes) {
    return "activations with a halo or in lanes";
  }
  Product p;
  p.rows = shape.outputs;
  p.inner = shape.columns();
  p.columns = request.images * shape.pixels();
  if (p.rows < 1 || p.inner < 1 || p.columns < 1) return "an empty layer or batch";
  if (shape.linear()) {
    if (in == Order::kChannelsLast && shape.height * shape.width > 1) {
      return "a linear layer on images in channels-last order: their features lie in another order";
    }
    p.x_by_row = in == Order::kImagesLast;
    p.y_by_row = out == Order::kImagesLast;
  } else if (pointwise(shape)) {
    // The columns of x and y must be numbered alike. In plain order each image is a matrix of its own.
    if (request.images > 1 && (in != out || in == Order::kPlain)) {
      return "a 1x1 convolution in an order in which its pixels are not the columns of one matrix";
    }
    p.x_by_row = in != Order::kChannelsLast;
    p.y_by_row = out != Order::kChannelsLast;
  } else {
    return "a convolution, no product of matrices";
  }
  if (p.columns == 1) p.x_by_row = p.y_by_row = false;  // a vector lies but one way
  if (product) *product = p;
  return "";
}

std::string precision_refusal(const CudaRequest& request) {
  if (request.precision == Precision::kFp32 || request.device.capability() >= 80) return "";
  return std::string(precision_name(request.precision)) + " needs compute capability 8.0; this device has " +
         std::to_string(request.device.major) + "." + std::to_string(request.device.minor);
}

}  // namespace coppice::kernels
