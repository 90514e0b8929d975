#pragma once
#include "coppice/config.h"
#include "coppice/data.h"

namespace coppice::data {

/// Fills data.train and data.validation from data.pool: the validation examples by a fixed stream, the same
/// for every run, then `subset` of the others by another one. A smaller subset lies within a larger one.
/// Throws BadInput naming data.validation or data.subset.
void split(Data& data, const DataConfig& config);

}  // namespace coppice::data
