#pragma once
#include <string>
#include <vector>

#include "kernels/cuda/libraries/cudnn_graph.h"

namespace coppice::kernels {

/// One of cuDNN's engines for a graph, with its knobs set.
struct EngineChoice {
  CudnnDescriptor configuration;
  std::vector<cudnnBackendNumericalNote_t> notes;  ///< How the engine computes.
  std::string text;                                ///< "engine 12, tile size 3, stages 4, tensor cores"
};

/// Whether an engine with such notes computes in the precision: operands become nothing smaller than what the
/// precision says, FP32 products are made by FMA alone, and sums are FP32. Transformed images (Winograd, FFT)
/// are allowed.
bool computes_in(Precision precision, const std::vector<cudnnBackendNumericalNote_t>& notes);

/// What cuDNN's heuristics propose for a graph in their three modes, the likeliest first: `most` at most,
/// each once, and only what computes in the precision. A mode that fails is passed over; throws CudaError
/// where all do, with what the first one answered.
std::vector<EngineChoice> proposed_engines(const CudnnDescriptor& graph, Precision precision,
                                           const CudnnTarget& target, std::size_t most);

/// Every engine that takes the graph and computes in the precision, with every setting of its knobs that it
/// accepts; those with more than `most_settings` are left out. Throws CudaError.
std::vector<EngineChoice> every_engine(const CudnnDescriptor& graph, Precision precision,
                                       const CudnnTarget& target, std::int64_t most_settings);

/// What is worth timing: all that the heuristics propose, up to 24, and in FP32 every engine too. There the
/// heuristics, which take TF32 for granted, leave out most of what is left.
std::vector<EngineChoice> engine_choices(const CudnnDescriptor& graph, Precision precision,
                                         const CudnnTarget& target);

/// The finalised plan of a choice; may compile a kernel. Throws CudaError, also where the workspace is larger
/// than `most_workspace_bytes`.
struct EnginePlan {
  EnginePlan(const EngineChoice& choice, const CudnnTarget& target, std::int64_t most_workspace_bytes);

  CudnnDescriptor plan;
  std::int64_t workspace_bytes = 0;
};

}  // namespace coppice::kernels
