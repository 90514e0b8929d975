#pragma once
#include "coppice/data.h"
#include "coppice/network.h"
#include "coppice/plan.h"

#include <functional>

namespace coppice {

/// images [batch, channels, height, width] to logits [batch, classes]
using Inference = std::function<void(const float* images, float* logits)>;

/// The fraction of test images whose largest logit is their label's (the first of equals, as in training).
/// Always called with whole batches; the last one is filled up with the first images.
double test_accuracy(const Data& data, std::int64_t batch, std::int64_t classes, const Inference& run);

/// Test images [begin, begin + count), normalised as in training, beginning anew after the last.
std::vector<float> test_images(const Data& data, std::int64_t begin, std::int64_t count);

}  // namespace coppice
