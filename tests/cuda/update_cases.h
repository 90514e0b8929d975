// Networks for the masked update, random and not, and what must become of them, whatever runs it.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/update_tensors.h"
#include "support/optimiser_reference.h"

namespace coppice::kernels::update_cases {

/// Hyperparameters of step `number`, from 1 on.
inline SgdStep sgd_step(Kind kind, int number) {
  return {0.1 / number, kind == Kind::kMomentum ? 0.9 : 0, 0.01};
}
inline AdamStep adam_step(int number) {
  AdamStep step;
  step.learning_rate = 0.01 / number;
  step.weight_decay = 0.1;
  step.number = 10 * number;
  return step;
}

/// One step of all, as it must be. Returns how many elements are kept.
inline std::int64_t expect_step(Kind kind, int number, std::vector<HostTensor>& tensors) {
  std::int64_t kept = 0;
  for (HostTensor& t : tensors) {
    for (std::size_t i = 0; i < t.gradient.size(); ++i) {
      Element e = {t.arrays[0][i], t.arrays[1][i], t.arrays[2][i]};
      if (!t.kept(static_cast<std::int64_t>(i))) {
        e = {};
      } else {
        const Element before = e;
        const float g = t.gradient[i];
        ExactStep exact;
        if (kind == Kind::kAdam) {
          e = fused_step(fold(adam_step(number)), g, e);
          exact = exact_step(adam_step(number), g, before);
        } else {
          e = fused_step(fold(sgd_step(kind, number)), g, e, kind == Kind::kMomentum);
          exact = exact_step(sgd_step(kind, number), g, before);
        }
        ++kept;
        for (int j = 0; j <= states_of(kind); ++j) {
          const auto at = static_cast<std::size_t>(j);
          if (std::isnan(e[at])) continue;
          EXPECT_LE(std::abs(e[at] - exact.result[at]), exact.allowed[at])
              << "array " << j << " of step " << number;
        }
      }
      for (std::size_t j = 0; j < 3; ++j) t.arrays[j][i] = e[j];
    }
  }
  return kept;
}

/// Bits agree; of NaNs that they are.
inline bool same(float a, float b) {
  return std::isnan(b) ? std::isnan(a) : std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

/// A network on the device, and on the host as it must become.
class Network {
 public:
  Network(const NetworkCase& c, std::uint64_t seed) : case_(c) {
    std::mt19937_64 random(seed);
    for (const TensorCase& tensor : c.tensors) {
      expected_.push_back(draw_tensor(tensor, c, random));
      arrays_.emplace_back(tensor, c, expected_.back());
    }
  }
  std::vector<UpdateTensor> tensors() {
    std::vector<UpdateTensor> tensors;
    for (Arrays& arrays : arrays_) tensors.push_back(arrays.tensor());
    return tensors;
  }
  std::vector<HostTensor>& expected() { return expected_; }

  /// What is wrong, in words; empty where nothing is.
  std::string wrong() const {
    for (std::size_t t = 0; t < arrays_.size(); ++t) {
      for (int j = 0; j <= states_of(case_.kind); ++j) {
        bool beyond = false;
        const std::vector<float> got = arrays_[t].array(j, &beyond);
        const std::string where = "tensor " + std::to_string(t) + ", array " + std::to_string(j);
        if (beyond) return where + ": written beyond its ends";
        for (std::size_t i = 0; i < got.size(); ++i) {
          const float want = expected_[t].arrays[j][i];
          if (same(got[i], want)) continue;
          return where + ", element " + std::to_string(i) + " of " + std::to_string(got.size()) + ": " +
                 std::to_string(got[i]) + " for " + std::to_string(want);
        }
      }
    }
    return "";
  }

 private:
  NetworkCase case_;
  std::vector<HostTensor> expected_;
  std::vector<Arrays> arrays_;
};

inline std::string text(const NetworkCase& c) {
  std::string text = "kind " + std::to_string(static_cast<int>(c.kind)) + ", gradients " +
                     precision_name(c.options.gradients) + (c.planned ? ", planned" : "") +
                     (c.pruned == Pruned::kZero ? ", zero already" : "") + ", " +
                     std::to_string(c.options.threads) + " threads; tensors:";
  for (const TensorCase& t : c.tensors)
    text += " " + std::to_string(t.count) + "+" + std::to_string(t.offset) + "/" +
            std::to_string(static_cast<int>(t.pattern));
  return text;
}

/// Runs the case's steps; planned ones are one fewer, so that the last stays.
template <class Step, class Update>
void run_steps(const NetworkCase& c, const std::vector<Step>& steps, const Update& update) {
  if (!c.planned) {
    for (const Step& step : steps) update.run(step, nullptr, c.pruned);
    return;
  }
  PlannedSteps<Step> planned(steps);
  for (std::size_t i = 0; i < steps.size() + 1; ++i) update.run(planned, nullptr, c.pruned);
  EXPECT_EQ(planned.done(), update.chunks() > 0 ? std::ssize(steps) + 1 : 0);
  planned.go_to(0);
  EXPECT_EQ(planned.done(), 0);
}

template <class Update>
void run_all(const NetworkCase& c, const Update& update) {
  if (c.kind == Kind::kAdam) {
    std::vector<AdamStep> steps;
    for (int number = 1; number <= c.steps; ++number) steps.push_back(adam_step(number));
    return run_steps(c, steps, update);
  }
  std::vector<SgdStep> steps;
  for (int number = 1; number <= c.steps; ++number) steps.push_back(sgd_step(c.kind, number));
  run_steps(c, steps, update);
}

inline std::int64_t expect_all(const NetworkCase& c, std::vector<HostTensor>& tensors) {
  std::int64_t kept = 0;
  for (int number = 1; number <= c.steps; ++number) kept = expect_step(c.kind, number, tensors);
  if (c.planned) expect_step(c.kind, c.steps, tensors);
  return kept;
}

/// What random cases must have met.
struct Met {
  std::int64_t cases = 0, several_rounds = 0, empty_tensors = 0, unaligned = 0, tails = 0, all_pruned = 0,
               skipped = 0, planned = 0, bf16 = 0, several_chunks = 0;
};

inline void check_update(const NetworkCase& c, std::uint64_t seed, const CudaDevice& device,
                         Met* met = nullptr) {
  Network network(c, seed);
  MaskedUpdate update(network.tensors(), device, c.options);
  run_all(c, update);
  const std::int64_t kept = expect_all(c, network.expected());
  ASSERT_EQ(network.wrong(), "") << text(c) << "; " << update.variant();
  if (!met) return;
  ++met->cases;
  met->several_rounds +=
      update.chunks() > device.multiprocessors * 4 * kUpdateMostThreads / c.options.threads;
  met->all_pruned += kept == 0 && update.elements() > 0;
  met->planned += c.planned;
  met->skipped += c.pruned == Pruned::kZero;
  met->bf16 += c.options.gradients == Precision::kBf16;
  for (const TensorCase& t : c.tensors) {
    met->empty_tensors += t.count == 0;
    met->unaligned += t.count > 0 && t.offset % 4 != 0;
    met->tails += t.count % 4 != 0 && t.offset % 4 == 0;
    met->several_chunks += t.count > update_chunk_elements(c.options.threads);
  }
}

/// A random network: now and then of many small tensors, or of one alone.
inline NetworkCase draw_network(std::uint64_t seed, int threads) {
  std::mt19937_64 random(seed);
  NetworkCase c;
  c.kind = kKinds[random() % 4];
  c.options.threads = threads;
  c.options.gradients = random() % 3 == 0 ? Precision::kBf16 : Precision::kFp32;
  c.options.overlap_previous = random() % 4 != 0;
  c.planned = random() % 3 == 0;
  c.pruned = random() % 3 == 0 ? Pruned::kZero : Pruned::kAnything;
  c.steps = 1 + static_cast<int>(random() % 2);
  const std::int64_t chunk = update_chunk_elements(threads);
  const bool many = random() % 4 == 0;
  const auto tensors = many ? 40 + random() % 20 : 1 + random() % 4;
  const Pattern all = kPatterns[random() % 6];
  const bool alike = random() % 4 == 0;
  for (std::uint64_t i = 0; i < tensors; ++i) {
    const std::int64_t counts[] = {
        static_cast<std::int64_t>(random() % 10), static_cast<std::int64_t>(random() % 70),
        chunk - 1 + static_cast<std::int64_t>(random() % 3), static_cast<std::int64_t>(random() % 1500),
        2 * chunk + static_cast<std::int64_t>(random() % 9)};
    TensorCase t;
    t.count = counts[random() % (many ? 2 : 5)];
    t.pattern = alike ? all : kPatterns[random() % 6];
    t.offset = random() % 3 == 0 ? static_cast<int>(random() % 8) : 0;
    c.tensors.push_back(t);
  }
  return c;
}

}  // namespace coppice::kernels::update_cases
