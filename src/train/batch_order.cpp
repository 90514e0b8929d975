#include "coppice/random.h"
#include "coppice/train.h"

#include <algorithm>

namespace coppice {

BatchOrder::BatchOrder(const Data& data, std::int64_t batch, std::uint64_t seed, std::uint64_t level)
    : data_(data), batch_(batch), seed_(seed), level_(level) {
  TrainConfig config;
  config.batch = batch;
  steps_per_epoch_ = coppice::steps_per_epoch(data, config);
}

BatchOrder::Batch BatchOrder::at(std::int64_t step) {
  const std::int64_t epoch = step / steps_per_epoch_;
  const auto count = static_cast<std::int64_t>(data_.train.size());
  if (epoch != epoch_) {
    order_ = Stream(seed_, "order", level_, static_cast<std::uint64_t>(epoch))
                 .permutation(static_cast<std::uint32_t>(count));
    for (std::uint32_t& place : order_) place = data_.train[place];
    epoch_ = epoch;
  }
  const std::int64_t first = step % steps_per_epoch_ * batch_;
  const std::int64_t size = std::min(batch_, count - first);
  return {std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size)), epoch,
          first};
}

}  // namespace coppice
