#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_knobs.h"

#include <algorithm>
#include <array>
#include <utility>

namespace coppice::kernels {

namespace {

constexpr std::size_t kMostKnobs = 64;

/// By their numbers, some of which older headers have no names for.
constexpr std::array kNames = {"split-k",
                               "swizzle",
                               "tile size",
                               "texture",
                               "edge",
                               "k block",
                               "load A",
                               "load B",
                               "chunk k",
                               "split-h",
                               "Winograd tile",
                               "multiply",
                               "split-k buffers",
                               "tile k",
                               "stages",
                               "reduction mode",
                               "split-k mode",
                               "split-k slices",
                               "index mode",
                               "sliced",
                               "split-rs",
                               "single buffer",
                               "load C",
                               "special filter",
                               "kernel",
                               "workspace",
                               "cluster",
                               "cluster m",
                               "cluster n",
                               "block size",
                               "occupancy",
                               "elements a thread",
                               "channels a block",
                               "split columns",
                               "tile rows",
                               "tile columns",
                               "load size",
                               "blocks",
                               "stream-k",
                               "split-p slices",
                               "tile m",
                               "tile n",
                               "warp roles",
                               "swap A and B"};

std::string name_of(std::size_t knob) {
  return knob < kNames.size() ? kNames[knob] : "knob " + std::to_string(knob);
}

struct Knob {
  cudnnBackendKnobType_t knob;
  std::int64_t first, step, values;

  CudnnDescriptor choice(std::int64_t index) const {
    CudnnDescriptor made(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    made.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, knob);
    made.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, first + index * step);
    made.finalise("setting a knob");
    return made;
  }
};

std::vector<Knob> knobs_of(const CudnnDescriptor& engine) {
  std::vector<Knob> knobs;
  for (const CudnnDescriptor& info :
       engine.parts(CUDNN_ATTR_ENGINE_KNOB_INFO, CUDNN_BACKEND_KNOB_INFO_DESCRIPTOR, kMostKnobs)) {
    const auto first = info.get<std::int64_t>(CUDNN_ATTR_KNOB_INFO_MINIMUM_VALUE);
    const auto last = info.get<std::int64_t>(CUDNN_ATTR_KNOB_INFO_MAXIMUM_VALUE);
    const auto step = std::max<std::int64_t>(info.get<std::int64_t>(CUDNN_ATTR_KNOB_INFO_STRIDE), 1);
    knobs.push_back({info.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_INFO_TYPE), first, step,
                     std::max<std::int64_t>((last - first) / step + 1, 1)});
  }
  return knobs;
}

}  // namespace

std::string knobs_text(const CudnnDescriptor& configuration) {
  std::vector<std::pair<std::size_t, std::int64_t>> set;
  for (const CudnnDescriptor& choice : configuration.parts(
           CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, kMostKnobs)) {
    set.emplace_back(choice.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                     choice.get<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  }
  std::sort(set.begin(), set.end());
  std::string text;
  for (const auto& [knob, value] : set) {
    text += (text.empty() ? "" : ", ") + name_of(knob) + " " + std::to_string(value);
  }
  return text;
}

std::vector<CudnnDescriptor> all_settings(const CudnnDescriptor& engine, std::int64_t most) {
  const std::vector<Knob> knobs = knobs_of(engine);
  std::int64_t settings = 1;
  for (const Knob& knob : knobs) {
    if (knob.values > most / settings) return {};
    settings *= knob.values;
  }
  std::vector<CudnnDescriptor> accepted;
  for (std::int64_t setting = 0; setting < settings; ++setting) {
    std::vector<CudnnDescriptor> choices;
    std::int64_t rest = setting;  // a digit for each knob
    for (const Knob& knob : knobs) {
      choices.push_back(knob.choice(rest % knob.values));
      rest /= knob.values;
    }
    CudnnDescriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
    if (!choices.empty()) configuration.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, choices);
    if (configuration.try_finalise()) accepted.push_back(configuration);
  }
  return accepted;
}

}  // namespace coppice::kernels
#endif
