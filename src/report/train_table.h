#pragma once
#include <string>
#include <vector>

#include "compare/bench_train.h"

namespace coppice {

std::string train_table(const std::vector<TrainTiming>& timings);

}  // namespace coppice
