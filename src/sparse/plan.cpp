#include "coppice/plan.h"

#include "coppice/error.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/files.h"
#include "base/libtorch/threads.h"
#include "measure/alternate.h"
#include "sparse/checks.h"
#include "sparse/peers.h"
#include "sparse/plan_content.h"

namespace coppice {

namespace {

/// Keeps the decision in the cache; where that fails a note says so, for the plan itself is as good.
void keep(Plan::Content& content, const std::string& key) {
  if (content.options.cache.empty()) return;
  try {
    write_file_atomically(content.options.cache, plan_to_json(key, *content.program, content.decision));
  } catch (const Failure& error) {
    if (!content.note.empty()) content.note += "; ";
    content.note += fmt::format("could not keep the plan: {}", error.what());
  }
}

/// Pieces worth trying: what each thread's share is, the least that fills the lanes, and, where there is
/// little to do, all of it on one thread.
std::vector<std::int64_t> piece_sizes(const PlanOptions& options, const Program& program) {
  constexpr double kLittle = 1e8;  // operations, or about a millisecond of one core
  std::vector<std::int64_t> sizes;
  for (const std::int64_t size : {options.batch / options.threads, kernels::kLanes}) {
    const bool fits = size >= kernels::kLanes && size < options.batch && options.batch % size == 0 &&
                      options.batch / size >= options.threads;
    if (fits && std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
  }
  if (options.threads > 1 && program.sparse_flops(options.batch) < kLittle) sizes.push_back(options.batch);
  return sizes;
}

std::unique_ptr<PieceExecutable> build_pieces(const Plan::Content& content, const PieceRoute& piece) {
  const PlanOptions& options = content.options;
  const WayContext alone{*content.program, piece.images, 1, all_candidates()};
  std::vector<std::unique_ptr<Executable>> executables;
  const std::int64_t pieces = options.batch / piece.images;
  for (std::int64_t thread = 0; thread < std::min<std::int64_t>(options.threads, pieces); ++thread) {
    executables.push_back(build(alone, piece, find_ways(alone, piece)));
  }
  return std::make_unique<PieceExecutable>(std::move(executables), pieces);
}

/// Plans the whole batch and every size of piece, and times all of it beside every dense library's way to run
/// the whole network: the fastest is what runs.
void decide(Plan::Content& content, const WayContext& context, const float* images) {
  const PlanOptions& options = content.options;
  std::vector<Way> ways;
  static_cast<PlannedRoute&>(content.decision) = plan_route(context, images, options, ways);
  content.executable = build(context, content.decision, ways);
  std::vector<std::unique_ptr<PieceExecutable>> by_pieces;
  for (const std::int64_t size : piece_sizes(options, *content.program)) {
    const ThreadsScope one(1);
    const WayContext alone{*content.program, size, 1, context.candidates};
    ways.clear();
    content.decision.pieces.push_back({plan_route(alone, images, options, ways), size});
    by_pieces.push_back(build_pieces(content, content.decision.pieces.back()));
  }
  auto dense = dense_networks(*content.program, options.batch);

  std::vector<float> logits(static_cast<std::size_t>(options.batch * content.slim.network.classes));
  std::vector<Alternative> alternatives = {
      {kSparsePlan, [&] { content.executable->run(images, logits.data()); }}};
  for (std::size_t i = 0; i < by_pieces.size(); ++i) {
    alternatives.push_back({piece_name(content.decision.pieces[i].images, options.batch),
                            [&, i] { by_pieces[i]->run(images, logits.data()); }});
  }
  const std::size_t sparse_ways = alternatives.size();
  for (const auto& network : dense) {
    alternatives.push_back({network->name(), [&, way = network.get()] { way->run(images, logits.data()); }});
  }
  AlternateOptions alternate_options;
  alternate_options.warm = kLoop;
  alternate_options.warmup = 2;
  alternate_options.samples = 7;
  alternate_options.seconds = options.seconds_per_way * static_cast<double>(alternatives.size());
  alternate_options.bootstrap.resamples = 0;
  const Alternation timed = alternate(alternatives, alternate_options);
  std::size_t best = 0;
  for (std::size_t i = 0; i < timed.series.size(); ++i) {
    content.decision.whole.push_back({timed.series[i].name, timed.series[i].time.median});
    if (options.force_sparse && i >= sparse_ways) continue;
    if (timed.series[i].time.median < timed.series[best].time.median) best = i;
  }
  content.decision.runs = timed.series[best].name;
  if (best > 0 && best < sparse_ways) content.by_pieces = std::move(by_pieces[best - 1]);
  if (best >= sparse_ways) content.dense = std::move(dense[best - sparse_ways]);
}

/// Makes ready what a decision read from the cache says. Throws BadInput where something is not to be had.
void prepare(Plan::Content& content, const WayContext& context) {
  const Decision& decision = content.decision;
  content.executable = build(context, decision, find_ways(context, decision));
  if (decision.runs == kSparsePlan) return;
  for (const PieceRoute& piece : decision.pieces) {
    if (piece_name(piece.images, content.options.batch) == decision.runs) {
      content.by_pieces = build_pieces(content, piece);
      return;
    }
  }
  for (auto& network : dense_networks(*content.program, content.options.batch)) {
    if (network->name() == decision.runs) content.dense = std::move(network);
  }
  if (!content.dense) throw BadInput(fmt::format("{} is not to be had", decision.runs));
}

/// The decision of the cache and what it needs to run; false, and a note, where there is none to use.
bool restore(Plan::Content& content, const WayContext& context, const std::string& key) {
  const std::string& cache = content.options.cache;
  std::error_code unseen;  // then reading it says why
  if (cache.empty() || (!std::filesystem::exists(cache, unseen) && !unseen)) return false;
  try {
    content.decision = plan_from_json(read_file(cache), key, *content.program, context.images);
    prepare(content, context);
    content.from_cache = true;
  } catch (const Error& error) {
    content.note = fmt::format("made the plan anew, for {} is of no use here: {}", cache, error.what());
    content.decision = {};
    content.executable.reset();
    content.by_pieces.reset();
  }
  return content.from_cache;
}

}  // namespace

Plan::Plan(const Network& network, const Tensors& tensors, const Masks& masks, const float* images,
           const PlanOptions& options)
    : content_(std::make_unique<Content>()) {
  if (options.batch < 1)
    throw BadInput(fmt::format("a batch of {} images cannot be run; at least 1", options.batch));
  if (options.threads < 1)
    throw BadInput(fmt::format("{} threads cannot run anything; at least 1", options.threads));
  check_masks(masks, tensors, "the network");
  Content& content = *content_;
  content.options = options;
  content.slim = remove_dead_units(network, tensors, masks);
  content.program = std::make_shared<Program>(compile_program(content.slim.network, content.slim.tensors));
  const WayContext context{*content.program, options.batch, options.threads, all_candidates()};
  const std::string key = plan_key(content.slim, options);
  if (!restore(content, context, key)) {
    decide(content, context, images);
    keep(content, key);
  }
}

Plan::~Plan() = default;
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;

void Plan::run(const float* images, float* logits) {
  if (content_->dense) return content_->dense->run(images, logits);
  if (content_->by_pieces) return content_->by_pieces->run(images, logits);
  content_->executable->run(images, logits);
}

std::int64_t Plan::batch() const { return content_->options.batch; }
std::string Plan::runs() const { return content_->decision.runs; }
std::string Plan::note() const { return content_->note; }
bool Plan::from_cache() const { return content_->from_cache; }
std::int64_t Plan::packed_bytes() const {
  return content_->by_pieces ? content_->by_pieces->packed_bytes() : content_->executable->packed_bytes();
}
std::int64_t Plan::activation_bytes() const {
  return content_->by_pieces ? content_->by_pieces->activation_bytes()
                             : content_->executable->activation_bytes();
}

}  // namespace coppice
