#include "kernels/cuda/conv_pixels/places.h"

#include <algorithm>
#include <array>

namespace coppice::kernels {

int patch_wavefronts(const PatchProblem& patch, std::uint32_t pitch) {
  const std::uint32_t pixels = patch.tile_width * patch.tile_height;
  int sum = 0;
  for (std::uint32_t first = 0; first < pixels; first += 32) {
    // No two pixels share a cell: as many words of a bank are asked for as there are lanes that ask.
    std::array<int, 32> asked = {};
    for (std::uint32_t pixel = first; pixel < std::min(first + 32, pixels); ++pixel) {
      const std::uint32_t row = pixel / patch.tile_width, column = pixel % patch.tile_width;
      ++asked[(row * patch.pixel_rows * pitch + column * patch.pixel_columns) % 32];
    }
    sum += *std::max_element(asked.begin(), asked.end());
  }
  return sum;
}

PatchPlaces patch_places(const PatchProblem& patch) {
  PatchPlaces best;
  for (std::uint32_t pitch = patch.patch_columns; pitch < patch.patch_columns + 32; ++pitch) {
    const int wavefronts = patch_wavefronts(patch, pitch);
    if (best.pitch == 0 || wavefronts < best.wavefronts)
      best = {pitch, (patch.patch_rows - 1) * pitch + patch.patch_columns, wavefronts};
  }
  return best;
}

}  // namespace coppice::kernels
