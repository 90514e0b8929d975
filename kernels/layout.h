#pragma once
#include <cstdint>

namespace coppice::kernels {

/// How the activations of a batch lie in memory. Feature vectors are images of one row and one column.
enum class Order {
  kPlain,         ///< [image][channel][row][column], as PyTorch's contiguous tensors
  kLanes,         ///< [image / 16][channel][row][column][image % 16]
  kChannelsLast,  ///< [image][row][column][channel]
  kImagesLast,    ///< [channel][row][column][image]; on GPUs alone
};

/// Images that lie side by side in Order::kLanes: 16 floats fill a cache line, and whole vectors on every
/// machine.
inline constexpr std::int64_t kLanes = 16;

/// Floats beyond the end of every activation buffer that kernels may read (never write): they work in whole
/// vectors.
inline constexpr std::int64_t kSlack = 1024;

/// `halo` cells on each side of every row and column hold 0 from the start, and no kernel ever writes
/// anything else there: a convolution reads its padding from them.
struct Layout {
  Order order = Order::kPlain;
  std::int64_t halo = 0;
  bool operator==(const Layout&) const = default;
};

/// The activations that flow along one edge of a network, for a whole batch. In kLanes, lanes past the last
/// image hold finite rubbish.
struct Activations {
  std::int64_t images = 1, channels = 0, height = 1, width = 1;
  Layout layout = {};

  std::int64_t pitch() const { return width + 2 * layout.halo; }
  std::int64_t plane() const { return (height + 2 * layout.halo) * pitch(); }  ///< Cells of one channel.
  std::int64_t blocks() const {  ///< Repetitions of the outermost dimension.
    return layout.order == Order::kLanes ? (images + kLanes - 1) / kLanes : images;
  }
  std::int64_t lanes() const { return layout.order == Order::kLanes ? kLanes : 1; }
  /// Floats without the slack.
  std::int64_t floats() const { return blocks() * channels * plane() * lanes(); }
  /// Of one element, in floats; rows and columns may reach into the halo (-halo <= row).
  std::int64_t offset(std::int64_t image, std::int64_t channel, std::int64_t row, std::int64_t column) const {
    const std::int64_t cell = (row + layout.halo) * pitch() + column + layout.halo;
    switch (layout.order) {
      case Order::kPlain: return (image * channels + channel) * plane() + cell;
      case Order::kLanes:
        return ((image / kLanes * channels + channel) * plane() + cell) * kLanes + image % kLanes;
      case Order::kChannelsLast: return (image * plane() + cell) * channels + channel;
      case Order::kImagesLast: return (channel * plane() + cell) * images + image;
    }
    return 0;
  }
};

const char* order_name(Order order);  ///< "plain", "lanes", "channels-last", "images-last"

}  // namespace coppice::kernels
