#include "kernels/layout.h"

namespace coppice::kernels {

const char* order_name(Order order) {
  switch (order) {
    case Order::kPlain: return "plain";
    case Order::kLanes: return "lanes";
    case Order::kChannelsLast: return "channels-last";
    case Order::kImagesLast: return "images-last";
  }
  return "?";
}

}  // namespace coppice::kernels
