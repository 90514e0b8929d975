#pragma once
#include "coppice/data.h"

#include <cstdint>

namespace coppice::data {

/// Shrinks every image to side x side by area averaging: an output pixel is the mean of the square it covers,
/// source pixels counted by the fraction covered. uint8: exact, halves rounded up. float32: summed in double.
/// 0 and the native side leave the images as they are. Throws BadInput naming data.resolution for images that
/// are not square, a larger or a negative side.
void reduce_resolution(Examples& examples, std::int64_t side);

}  // namespace coppice::data
