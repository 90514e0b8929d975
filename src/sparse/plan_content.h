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
#include "sparse/piece_executable.h"
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
  std::string name;  ///< kSparsePlan, piece_name of a piece, or a DenseNetwork's.
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

/// The shortest route for calls of one size, and all that was known when it was chosen.
struct PlannedRoute {
  std::vector<PlannedStep> steps;
  std::vector<RouteLine> route;
};

/// Another way to use several threads: each takes pieces of the batch through the whole network by itself, so
/// that activations stay in its caches and no thread waits for another before the end.
struct PieceRoute : PlannedRoute {
  std::int64_t images = 0;  ///< Of a piece; the batch is a multiple.
};
/// "sparse plan, 16 images at a time", or "sparse plan, one thread" where the piece is the batch.
std::string piece_name(std::int64_t images, std::int64_t batch);

/// All that was decided by measuring; the rest follows from the network.
struct Decision : PlannedRoute {  ///< The route of the whole batch, all threads working on each layer.
  std::vector<PieceRoute> pieces;
  std::vector<WholeWay> whole;  ///< kSparsePlan first, then the pieces, then dense.
  std::string runs;             ///< Name of the fastest of them.
};

struct Plan::Content {
  SlimNetwork slim;
  std::shared_ptr<const Program> program;  ///< Of the slim network.
  PlanOptions options;
  Decision decision;
  std::unique_ptr<Executable> executable;      ///< Of the whole batch.
  std::unique_ptr<PieceExecutable> by_pieces;  ///< Where that is what runs.
  std::unique_ptr<DenseNetwork> dense;         ///< Where the whole runs dense.
  std::string note;
  bool from_cache = false;
};

/// The step's way as a plan knows it, packed anew; none where no candidate makes it any more.
std::optional<Way> find_way(const WayContext& context, const Step& step, const KnownWay& known);

/// The ways that a route takes, by step. Throws BadInput where one is not to be had any more.
std::vector<Way> find_ways(const WayContext& context, const PlannedRoute& planned);

/// Surveys, and takes the shortest route. The ways that it takes are left in `ways`, by step.
PlannedRoute plan_route(const WayContext& context, const float* images, const PlanOptions& options,
                        std::vector<Way>& ways);

std::unique_ptr<Executable> build(const WayContext& context, const PlannedRoute& planned,
                                  const std::vector<Way>& ways);

/// What a decision depends on: network, weights, batch, threads, force, processor, instruction set, version.
std::string plan_key(const SlimNetwork& slim, const PlanOptions& options);

/// A decision as the cache keeps it.
std::string plan_to_json(const std::string& key, const Program& program, const Decision& decision);
/// Throws BadInput where the text is no plan, or one for something else; the message says which. Whether its
/// kernels exist is not looked at.
Decision plan_from_json(std::string_view text, const std::string& key, const Program& program,
                        std::int64_t images);

}  // namespace coppice
