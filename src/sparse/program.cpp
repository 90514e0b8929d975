#include "sparse/program.h"

namespace coppice {

double Program::sparse_flops(std::int64_t images) const {
  double sum = 0;
  for (const Step& step : steps)
    if (step.kind == Step::Kind::kLayer) sum += step.layer.sparse_flops(images);
  return sum;
}

double Program::dense_flops(std::int64_t images) const {
  double sum = 0;
  for (const Step& step : steps)
    if (step.kind == Step::Kind::kLayer) sum += step.layer.dense_flops(images);
  return sum;
}

}  // namespace coppice
