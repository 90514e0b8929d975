#include "kernels/cuda/conv_pixels/search.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/cuda/conv_pixels/cost.h"

namespace coppice::kernels {

namespace {

double divide_up(double a, double b) { return std::ceil(a / b); }

/// Rows that have nonzeros, and these.
struct Nonzeros {
  double rows = 0, count = 0;
};
Nonzeros nonzeros_of(const Csr& weights) {
  Nonzeros result;
  result.count = static_cast<double>(weights.nonzeros());
  for (std::size_t row = 0; row + 1 < weights.begin.size(); ++row)
    result.rows += weights.begin[row] < weights.begin[row + 1];
  return result;
}

/// How plan_rows() deals out rows that are about equal.
struct Blocks {
  double count = 1, rows = 1, pieces = 1;  ///< Rows of a block, pieces of a row.
};
Blocks blocks_of(const ConvPixelsTiling& tiling, const Nonzeros& nonzeros) {
  const double rows = std::max(1.0, nonzeros.rows), mean = std::max(1.0, std::ceil(nonzeros.count / rows));
  const double longest = std::max(16.0, std::floor(mean * tiling.warp_rows / 4));
  Blocks blocks;
  if (mean + 3 * std::sqrt(mean) > longest) blocks.pieces = std::max(1.0, mean / longest + 0.5);
  blocks.pieces = std::min(blocks.pieces, std::max(1.0, tiling.block_rows() / 2.0));
  blocks.count = divide_up(rows, std::max(1.0, std::floor(tiling.block_rows() / blocks.pieces)));
  blocks.rows = rows / blocks.count;
  return blocks;
}

ConvPixelsWork mean_slice(const ConvPixelsTiling& tiling, const Blocks& blocks, double channels,
                          const Nonzeros& nonzeros) {
  ConvPixelsWork work;
  work.channels = std::min<double>(channels, tiling.chunk_channels);
  const double share = work.channels / channels, pieces = blocks.rows * blocks.pieces;
  work.entries = nonzeros.count / blocks.count * share;
  const double of_piece = work.entries / pieces;
  work.visits = pieces * (1 - std::exp(-of_piece));
  // A row's last vector holds one entry where their number is odd: as often as in a Poisson distribution.
  work.vectors =
      conv_pixels_empty_vectors(tiling) + pieces * (of_piece / 2 + (1 - std::exp(-2 * of_piece)) / 4);
  const double warps = std::min<double>(tiling.warps, pieces), of_warp = work.entries / warps;
  work.most_entries = of_warp + 1.4 * std::sqrt(of_warp);
  work.most_visits = divide_up(work.visits, warps);
  return work;
}

/// With an eighth more entries than in the mean.
std::int64_t slice_vectors(const ConvPixelsTiling& tiling, const ConvPixelsWork& work) {
  return conv_pixels_empty_vectors(tiling) +
         static_cast<std::int64_t>((work.vectors - conv_pixels_empty_vectors(tiling)) * 1.125 + 8);
}

/// A search over what tilings there are.
class Search {
 public:
  Search(const LayerShape& layer, const Nonzeros& nonzeros, std::int64_t images, double element_bytes,
         const CudaDevice& device)
      : layer_(layer), nonzeros_(nonzeros), images_(images), element_bytes_(element_bytes), device_(device) {}

  void try_tile(int width, int height) {
    ConvPixelsTiling tiling;
    tiling.width = width, tiling.height = height;
    if (tiling.lane_pixels() > kConvPixelsMostLanePixels) return;
    shape_ = conv_pixels_shape(layer_, tiling, element_bytes_);
    tiles_ = static_cast<double>(images_ * conv_pixels_patch(layer_, tiling).tiles());
    for (const int warps : {16, 14, 12, 10, 8, 6, 4}) {
      for (const int warp_rows : {1, 2, 3, 4, 6, 8, 16}) {
        for (const int splits : {1, 2, 3, 4, 6, 8}) {
          tiling.warps = warps, tiling.warp_rows = warp_rows, tiling.splits = splits;
          blocks_ = blocks_of(tiling, nonzeros_);
          for (const int residents : {1, 2, 4}) try_chunks(tiling, residents);
        }
      }
    }
  }

  std::vector<TimedTiling> found;

 private:
  double channels() const { return static_cast<double>(layer_.channels); }

  /// All channels of a block at once in one to four chunks where there is room, else a ring of three.
  void try_chunks(ConvPixelsTiling tiling, int residents) {
    const std::int64_t shared =
        std::min(device_.shared_bytes_per_block,
                 device_.shared_bytes_per_multiprocessor / residents - kConvPixelsReservedBytes);
    const double own = divide_up(channels(), tiling.splits);
    bool fits = false;
    for (const int stages : {1, 2, 4})
      fits = try_chunk(tiling, static_cast<int>(divide_up(own, stages)), stages, shared) || fits;
    for (int chunk = static_cast<int>(own); !fits && chunk > 1;) {
      chunk = (chunk + 1) / 2;
      fits = try_chunk(tiling, chunk, 3, shared);
    }
  }

  bool try_chunk(ConvPixelsTiling tiling, int chunk, int stages, std::int64_t shared) {
    const double chunks = divide_up(channels(), chunk);
    if (chunks < tiling.splits || chunk * layer_.kernel_height * layer_.kernel_width > 0xffff) return false;
    tiling.chunk_channels = chunk;
    tiling.stages = std::min(stages, static_cast<int>(divide_up(chunks, tiling.splits)));
    if (tiling.stages == 1 && chunks > tiling.splits) tiling.stages = 2;
    const ConvPixelsWork work = mean_slice(tiling, blocks_, channels(), nonzeros_);
    if (conv_pixels_shared_bytes(tiling, shape_.places, slice_vectors(tiling, work)) > shared) return false;
    found.emplace_back(clocks(tiling), tiling);
    return true;
  }

  double clocks(const ConvPixelsTiling& tiling) {
    shape_.tiling = tiling;
    const ConvPixelsWork work = mean_slice(tiling, blocks_, channels(), nonzeros_);
    const ConvPixelsClocks slice = conv_pixels_slice_clocks(shape_, work);
    const double epilogue = conv_pixels_epilogue_clocks(tiling, blocks_.rows);
    ConvPixelsBlockClocks block{epilogue, kConvPixelsBeginClocks + epilogue};
    const double chunks = divide_up(divide_up(channels(), tiling.chunk_channels), tiling.splits);
    for (double chunk = 0; chunk < chunks; ++chunk) add_slice(block, slice, chunk == 0);
    // Blocks of a multiprocessor share what is busy, and each of them waits on its own.
    const double here =
        divide_up(blocks_.count * tiles_ * tiling.splits, std::max(1, device_.multiprocessors));
    const std::int64_t shared = conv_pixels_shared_bytes(tiling, shape_.places, slice_vectors(tiling, work));
    const double together = conv_pixels_residents(tiling, shared, device_);
    const auto of = [&](double count) {
      return count > 0 ? std::max(count * block.busy + kConvPixelsBeginClocks, block.alone) : 0.0;
    };
    return std::floor(here / together) * of(together) + of(std::fmod(here, together)) +
           (together == 1 ? kConvPixelsAloneClocks : 0);
  }

  const LayerShape& layer_;
  Nonzeros nonzeros_;
  std::int64_t images_;
  double element_bytes_;
  const CudaDevice& device_;
  ConvPixelsShape shape_;
  Blocks blocks_;
  double tiles_ = 1;
};

/// The whole, its parts, and powers of two.
std::set<int> sizes(std::int64_t whole) {
  std::set<int> result;
  for (std::int64_t parts = 1; parts <= 8; ++parts) {
    const std::int64_t size = (whole + parts - 1) / parts;
    if (size <= 256) result.insert(static_cast<int>(size));
  }
  for (int size = 1; size <= 32 && size < whole; size *= 2) result.insert(size);
  return result;
}

}  // namespace

std::vector<TimedTiling> search_conv_pixels(const CudaRequest& request) {
  const LayerShape& shape = request.layer.shape;
  Search search(shape, nonzeros_of(request.layer.weights), request.images,
                static_cast<double>(element_bytes(request.precision)), request.device);
  const std::int64_t least = std::min<std::int64_t>(24, shape.pixels());  // or most lanes have no pixel
  for (const int width : sizes(shape.out_width())) {
    for (const int height : sizes(shape.out_height())) {
      if (width * height >= least) search.try_tile(width, height);
    }
  }
  std::stable_sort(search.found.begin(), search.found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return std::move(search.found);
}

}  // namespace coppice::kernels
