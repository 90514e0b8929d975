#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_engines.h"

#include <algorithm>
#include <set>
#include <utility>

#include "kernels/cuda/libraries/cudnn_knobs.h"

namespace coppice::kernels {

namespace {

constexpr std::size_t kProposals = 24;
constexpr std::size_t kMostConfigurations = 64;  // that one mode is asked for
constexpr std::int64_t kMostSettings = 64;

bool has(const std::vector<cudnnBackendNumericalNote_t>& notes, cudnnBackendNumericalNote_t note) {
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

EngineChoice look_at(const CudnnDescriptor& configuration) {
  const std::vector<CudnnDescriptor> engines =
      configuration.parts(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
  if (engines.empty()) throw CudaError("cuDNN proposes a configuration of no engine");
  const CudnnDescriptor& engine = engines.front();
  EngineChoice choice{configuration, {}, ""};
  choice.notes = engine.read<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                          CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  choice.text = "engine " + std::to_string(engine.get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
  if (const std::string knobs = knobs_text(configuration); !knobs.empty()) choice.text += ", " + knobs;
  if (has(choice.notes, CUDNN_NUMERICAL_NOTE_WINOGRAD)) choice.text += ", Winograd";
  if (has(choice.notes, CUDNN_NUMERICAL_NOTE_FFT)) choice.text += ", FFT";
  choice.text += has(choice.notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE) ? ", tensor cores" : ", FMA";
  return choice;
}

std::vector<CudnnDescriptor> proposals(const CudnnDescriptor& graph, cudnnBackendHeurMode_t mode,
                                       const CudnnTarget& target) {
  CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  target.set_heuristics(heuristics);
  heuristics.finalise("asking for engines");
  return heuristics.parts(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                          kMostConfigurations);
}

}  // namespace

bool computes_in(Precision precision, const std::vector<cudnnBackendNumericalNote_t>& notes) {
  return !has(notes, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) &&
         !has(notes, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) &&
         !(precision == Precision::kFp32 && has(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
}

std::vector<EngineChoice> proposed_engines(const CudnnDescriptor& graph, Precision precision,
                                           const CudnnTarget& target, std::size_t most) {
  std::vector<std::vector<CudnnDescriptor>> lists;
  std::size_t longest = 0;
  std::string refused;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_B, CUDNN_HEUR_MODE_FALLBACK}) {
    try {
      lists.push_back(proposals(graph, mode, target));
      longest = std::max(longest, lists.back().size());
    } catch (const CudaError& error) {
      if (refused.empty()) refused = error.what();
    }
  }
  if (lists.empty()) throw CudaError(refused);
  std::vector<EngineChoice> choices;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < longest; ++i) {  // the modes in turns: none is known to be the best
    for (const auto& list : lists) {
      if (i >= list.size() || choices.size() >= most) continue;
      EngineChoice choice = look_at(list[i]);
      const bool wanted = computes_in(precision, choice.notes) && seen.insert(choice.text).second;
      if (wanted) choices.push_back(std::move(choice));
    }
  }
  return choices;
}

std::vector<EngineChoice> every_engine(const CudnnDescriptor& graph, Precision precision,
                                       const CudnnTarget& target, std::int64_t most_settings) {
  std::vector<EngineChoice> choices;
  const auto engines = graph.get<std::int64_t>(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT);
  for (std::int64_t i = 0; i < engines; ++i) {
    CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph);
    engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, i);
    target.set_engine(engine);
    if (!engine.try_finalise()) continue;
    for (const CudnnDescriptor& configuration : all_settings(engine, most_settings)) {
      EngineChoice choice = look_at(configuration);
      if (!computes_in(precision, choice.notes)) break;  // a matter of the engine
      choices.push_back(std::move(choice));
    }
  }
  return choices;
}

std::vector<EngineChoice> engine_choices(const CudnnDescriptor& graph, Precision precision,
                                         const CudnnTarget& target) {
  std::vector<EngineChoice> choices = proposed_engines(graph, precision, target, kProposals);
  if (precision != Precision::kFp32) return choices;
  for (EngineChoice& choice : every_engine(graph, precision, target, kMostSettings)) {
    const bool known = std::any_of(choices.begin(), choices.end(),
                                   [&](const EngineChoice& other) { return other.text == choice.text; });
    if (!known) choices.push_back(std::move(choice));
  }
  return choices;
}

EnginePlan::EnginePlan(const EngineChoice& choice, const CudnnTarget& target,
                       std::int64_t most_workspace_bytes)
    : plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
  target.set_plan(plan);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, choice.configuration);
  plan.finalise("making a plan");
  workspace_bytes = plan.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
  if (workspace_bytes > most_workspace_bytes) {
    throw CudaError("cuDNN needs a workspace of " + std::to_string(workspace_bytes) + " bytes, more than " +
                    std::to_string(most_workspace_bytes));
  }
}

}  // namespace coppice::kernels
#endif
