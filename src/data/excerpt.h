#pragma once
#include "coppice/data.h"

namespace coppice::data {

/// The data with at most so many examples of each split (0: all), drawn by fixed streams: the same ones
/// whatever the seed, and fewer lie within more. For evaluations that need not see everything; normalised as
/// the whole. It holds copies of the examples drawn, and nothing else.
Data excerpt(const Data& data, std::int64_t at_most);

}  // namespace coppice::data
