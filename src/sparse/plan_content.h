#pragma once
#include "coppice/plan.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/bootstrap.h"
#include "sparse/executable.h"
#include "sparse/libtorch/dense_network.h"
#include "sparse/program.h"
#include "sparse/slim.h"

namespace coppice {

/// A way of a step as a plan remembers it: enough to find it again.
struct KnownWay {
  std::string kernel, variant;
  bool sparse = false;
  std::vector<kernels::Layout> in;
  kernels::Layout out;
  double seconds = 0;  ///< When the plan was made.
};

/// The ways of a step that were measured well, fastest first, and the one that the plan takes.
struct PlannedStep {
  std::vector<KnownWay> ways;
  std::size_t chosen = 0;
};

/// The whole network in one way, timed when the plan was made, all in alternation.
struct WholeWay {
  std::string name;  ///< kSparsePlan or a DenseNetwork's.
  double seconds = 0;
};

inline constexpr const char* kSparsePlan = "sparse plan";

/// An operation of the route as the file keeps it: a step, in its chosen way, or a conversion.
struct RouteLine {
  bool convert = false;
  std::size_t step = 0;
  std::size_t value = 0;
  kernels::Layout from, to;
};

/// All that was decided by measuring; the rest follows from the network.
struct Decision {
  std::vector<PlannedStep> steps;
  std::vector<RouteLine> route;
  std::vector<WholeWay> whole;  ///< The sparse plan first.
  std::string runs;             ///< Name of the fastest of them.
};

struct Plan::Content {
  SlimNetwork slim;
  std::shared_ptr<const Program> program;  ///< Of the slim network.
  PlanOptions options;
  Decision decision;
  std::unique_ptr<Executable> executable;
  std::unique_ptr<DenseNetwork> dense;  ///< Where the whole runs dense.
  std::string note;
  bool from_cache = false;
};

/// The step's way as a plan knows it, packed anew; none where no candidate makes it any more.
std::optional<Way> find_way(const WayContext& context, const Step& step, const KnownWay& known);

/// What a decision depends on: network, weights, batch, threads, force, processor, instruction set, version.
std::string plan_key(const SlimNetwork& slim, const PlanOptions& options);

/// A decision as the cache keeps it.
std::string plan_to_json(const std::string& key, const Program& program, const Decision& decision);
/// Throws BadInput where the text is no plan, or one for something else; the message says which. Whether its
/// kernels exist is not looked at.
Decision plan_from_json(std::string_view text, const std::string& key, const Program& program,
                        std::int64_t images);

}  // namespace coppice
