#pragma once
#include "coppice/config.h"
#include "coppice/data.h"

#include <cstdint>

namespace coppice::data {

/// What a source of data hands over: everything that came, not yet reduced, split or measured. `pool` holds
/// all examples that are not the test set's.
struct Stores {
  std::int64_t classes = 0;
  Examples pool, test;
};

/// fashion-mnist, mnist, cifar10 and cifar100, from their folder.
Stores load_known(const DataConfig& config);

/// "tensors": a safetensors file at config.path with train.images [n, c, h, w] or [n, h, w] (U8 or F32),
/// train.labels [n] (U8, I32 or I64), test.images and test.labels. Classes: the highest label + 1.
Stores load_tensors(const DataConfig& config);
/// The same from tensors in memory; `where` names them in messages.
Stores stores_from_tensors(Tensors tensors, const std::string& where);

/// "synthetic": see synthetic.cpp.
Stores make_synthetic(const DataConfig& config);

}  // namespace coppice::data
