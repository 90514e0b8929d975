#pragma once
#include "coppice/data.h"

#include <string>

namespace coppice::data {

/// Fills data.mean and data.stddev (population), per channel over the training examples. uint8: from exact
/// integer sums, pixels counted as 0..1. float32: two passes in double, summed in the order of the examples.
/// A channel that does not vary gets stddev 1.
void measure(Data& data);

/// SHA-256 over types, shapes and bytes of both stores and the number of classes.
std::string content_sha256(const Data& data);

}  // namespace coppice::data
