#include "measure/limits.h"

#include "coppice/error.h"

#include <algorithm>
#include <utility>

#include "kernels/cpu/peak/peak.h"

namespace coppice {

namespace {

constexpr double kGiga = 1e9;
constexpr double kFloatBytes = 4, kLineBytes = 64, kLoadsPerCycle = 2;

double lanes_of(const std::string& isa) { return isa == "v4" ? 16 : isa == "v3" ? 8 : 4; }

const MemoryLevel& level_that_holds(double bytes, const Calibration& machine) {
  if (machine.memory.empty()) throw Failure("internal: a calibration without memory levels");
  for (const MemoryLevel& level : machine.memory) {
    if (bytes <= level.bytes) return level;
  }
  return machine.memory.back();
}

/// The second cache level; what stands in for it where there is none is the level behind the first.
const MemoryLevel& behind_the_first(const Calibration& machine) {
  return machine.memory.size() > 1 ? machine.memory[1] : machine.memory.back();
}

class Latest {
 public:
  void consider(double seconds, const std::string& resource) {
    if (limit_.resource.empty() || seconds > limit_.seconds) limit_ = {seconds, resource};
  }
  /// All these bytes from that level.
  void consider_reading(double bytes, const MemoryLevel& level) {
    consider(bytes / (kGiga * level.gb_s), level.name);
  }
  TimeLimit limit() && { return std::move(limit_); }

 private:
  TimeLimit limit_;
};

}  // namespace

Work product_work(double outputs, double inputs, double columns, double nonzeros, double bytes_per_nonzero) {
  Work work;
  work.dense_flops = 2 * outputs * inputs * columns;
  work.sparse_flops = 2 * nonzeros * columns;
  work.dense_bytes = kFloatBytes * outputs * inputs;
  work.packed_bytes = bytes_per_nonzero * nonzeros;
  work.activation_bytes = kFloatBytes * columns * (inputs + outputs);
  return work;
}

Work layer_work(const kernels::Layer& layer, std::int64_t images, std::int64_t packed_bytes) {
  const kernels::LayerShape& shape = layer.shape;
  const std::int64_t in = shape.channels * shape.height * shape.width;
  const std::int64_t out = shape.outputs * shape.pixels();
  Work work;
  work.dense_flops = layer.dense_flops(images);
  work.sparse_flops = layer.sparse_flops(images);
  work.dense_bytes = kFloatBytes * static_cast<double>(shape.outputs * shape.columns());
  work.packed_bytes = static_cast<double>(packed_bytes);
  work.activation_bytes = kFloatBytes * static_cast<double>(images * (in + out * (layer.residual ? 2 : 1)));
  return work;
}

TimeLimit dense_limit(const Work& work, const Calibration& machine) {
  const double bytes = work.dense_bytes + work.activation_bytes;
  Latest latest;
  latest.consider(work.dense_flops / (kGiga * machine.peak_gflops), "compute");
  latest.consider_reading(bytes, level_that_holds(bytes, machine));
  return std::move(latest).limit();
}

TimeLimit sparse_limit(const Work& work, const Calibration& machine) {
  const double bytes = work.packed_bytes + work.activation_bytes;
  const double multiply_adds = work.sparse_flops / 2;
  const double lanes = lanes_of(machine.isa);
  const auto fed_by_loads = [](double vectors, double slots) {
    return kLoadsPerCycle * vectors / (slots * vectors + 1);
  };
  const double fed = fed_by_loads(work.vectors, work.aligned ? 1 : 1 + lanes * kFloatBytes / kLineBytes);
  Latest latest;
  latest.consider(work.sparse_flops / (kGiga * machine.peak_gflops), "compute");
  latest.consider(multiply_adds / (lanes * fed * kGiga * machine.clock_ghz * machine.threads), "L1");
  if (machine.fed_gflops > 0) {
    const double measured_at = fed_by_loads(kernels::kFedRegisters * lanes / kernels::kLanes, 1);
    latest.consider(work.sparse_flops / (kGiga * machine.fed_gflops * std::min(1.0, fed / measured_at)),
                    "L1");
  }
  if (!work.tile_fits_l1) latest.consider_reading(kFloatBytes * multiply_adds, behind_the_first(machine));
  latest.consider_reading(bytes, level_that_holds(bytes, machine));
  return std::move(latest).limit();
}

double limit_speedup(const Work& work, const Calibration& machine) {
  return dense_limit(work, machine).seconds / sparse_limit(work, machine).seconds;
}

double attained(const TimeLimit& limit, double measured_s) { return limit.seconds / measured_s; }

double break_even_density(const Work& work, double dense_s, double sparse_s) {
  const double sparse_rate = work.sparse_flops / sparse_s, dense_rate = work.dense_flops / dense_s;
  return std::min(1.0, sparse_rate / dense_rate);
}

double break_even_density(const Work& work, const Calibration& machine) {
  return break_even_density(work, dense_limit(work, machine).seconds, sparse_limit(work, machine).seconds);
}

}  // namespace coppice
