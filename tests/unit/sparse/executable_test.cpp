// Routes by chance over our own kernels: what they compute, the memory that they take, and that running takes
// none.
#include "sparse/executable.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <set>

#include "sparse/piece_executable.h"
#include "sparse/way.h"
#include "unit/sparse/support.h"

namespace {
std::atomic<long> allocations = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

// GCC takes its own operator new for the one that these are mismatched with.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t line) {
  return counted(bytes, static_cast<std::size_t>(line));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(bytes, alignof(std::max_align_t));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace coppice {
namespace {

using kernels::Layout;
using kernels::Order;

/// Any way for each step, and the conversions that this needs.
std::vector<PlanOp> random_route(const WayContext& context, Dice& dice) {
  const Program& program = context.program;
  std::vector<PlanOp> ops;
  std::vector<std::vector<Layout>> there(program.values.size());
  there[0] = {{Order::kPlain, 0}};
  const auto need = [&](std::size_t value, Layout layout) {
    if (std::find(there[value].begin(), there[value].end(), layout) != there[value].end()) return;
    PlanOp op;
    op.convert = true;
    op.value = value;
    op.from = there[value][static_cast<std::size_t>(dice.between(0, std::ssize(there[value]) - 1))];
    op.to = layout;
    ops.push_back(op);
    there[value].push_back(layout);
  };
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    std::vector<Way> ways = ways_of(context, step);
    PlanOp op;
    op.step = i;
    op.way = std::move(ways.at(static_cast<std::size_t>(dice.between(0, std::ssize(ways) - 1))));
    for (std::size_t j = 0; j < step.inputs.size(); ++j) need(step.inputs[j], op.way.in[j]);
    there[step.output] = {op.way.out};
    ops.push_back(std::move(op));
  }
  need(program.steps.back().output, {Order::kPlain, 0});
  return ops;
}

Tensors pruned_tensors(const Network& network, double density, std::uint64_t seed) {
  Tensors tensors = random_tensors(network, seed);
  apply_masks(ragged_masks(network, density, seed), tensors);
  return tensors;
}

TEST(Executable, AnyRouteComputesTheProgramAndAllocatesNothing) {
  const kernels::Candidates own = kernels::cpu_candidates();
  std::set<std::string> kernels_used;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Network network = random_network(seed);
    const Program program = compile_program(network, pruned_tensors(network, seed % 2 ? 0.2 : 0.8, seed));
    Dice dice(seed, "route");
    const std::int64_t batches[] = {1, 2, 3, 16, 19};
    const WayContext context{program, batches[seed % 5], 1 + static_cast<int>(seed / 5 % 2), own};
    std::vector<PlanOp> route = random_route(context, dice);
    std::string text = network.name;
    for (const PlanOp& op : route) {
      text += ", " + (op.convert ? "convert" : program.steps[op.step].name + " " + op.way.text());
      if (!op.convert) kernels_used.insert(op.way.kernel);
    }
    SCOPED_TRACE(text);
    Executable executable(program, context.images, context.threads, std::move(route));
    const std::vector<float> images = random_images(network, context.images, seed);
    std::vector<float> logits(static_cast<std::size_t>(context.images * network.classes), -1);
    executable.run(images.data(), logits.data());
    const std::vector<double> expected = reference_logits(program, images);
    expect_same_logits({logits.begin(), logits.end()}, expected);

    // Other images in between leave nothing behind.
    const std::vector<float> others = random_images(network, context.images, seed + 1000);
    std::vector<float> again = logits;
    const long before = allocations;
    executable.run(others.data(), again.data());
    executable.run(images.data(), again.data());
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(again, logits);
  }
  EXPECT_GE(kernels_used.size(), own.size() / 2);
}

TEST(Executable, PiecesOfABatchOnThreadsOfTheirOwnAllocateNothing) {
  for (const std::uint64_t seed : {4, 9, 17}) {
    SCOPED_TRACE(seed);
    const Network network = random_network(seed);
    const Program program = compile_program(network, pruned_tensors(network, 0.3, seed));
    const WayContext context{program, 3, 1, kernels::cpu_candidates()};
    std::vector<std::unique_ptr<Executable>> threads;
    for (int thread = 0; thread < 2; ++thread) {
      Dice dice(seed, "route");
      threads.push_back(std::make_unique<Executable>(program, 3, 1, random_route(context, dice)));
    }
    PieceExecutable pieces(std::move(threads), 5);
    const std::vector<float> images = random_images(network, 15, seed);
    std::vector<float> logits(static_cast<std::size_t>(15 * network.classes), -1), again = logits;
    pieces.run(images.data(), logits.data());
    expect_same_logits({logits.begin(), logits.end()}, reference_logits(program, images));
    const long before = allocations;
    pieces.run(images.data(), again.data());
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(again, logits);
  }
}

/// x -> fc (16 features) -> relu -> fc ... : `depth` layers, all of one size.
Program deep(std::int64_t depth) {
  Network network{"deep", {16, 1, 1, false}, 16, {node(Op::kFlatten, "f")}};
  for (std::int64_t i = 0; i < depth; ++i) {
    network.nodes.push_back(linear("fc" + std::to_string(i), 16));
    if (i + 1 < depth) network.nodes.push_back(node(Op::kRelu, "r" + std::to_string(i)));
  }
  network = complete(network);
  return compile_program(network, random_tensors(network, 1));
}

TEST(Executable, MemoryOfValuesThatAreSpentIsUsedAgain) {
  const auto bytes = [](std::int64_t depth, Layout inside) {
    const Program program = deep(depth);
    const WayContext context{program, 5, 1, kernels::cpu_candidates()};
    std::vector<PlanOp> ops;
    const auto convert = [&](std::size_t value, Layout from, Layout to) {
      PlanOp op;
      op.convert = true;
      op.value = value;
      op.from = from;
      op.to = to;
      if (from != to) ops.push_back(op);
    };
    convert(0, {}, inside);
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
      std::vector<Way> ways = ways_of(context, program.steps[i]);
      const auto way = std::find_if(ways.begin(), ways.end(),
                                    [&](const Way& one) { return one.in[0] == inside && one.out == inside; });
      if (way == ways.end()) throw std::runtime_error("no way");
      PlanOp op;
      op.step = i;
      op.way = std::move(*way);
      ops.push_back(std::move(op));
    }
    convert(program.steps.back().output, inside, {});
    return Executable(program, 5, 1, std::move(ops)).activation_bytes();
  };
  for (const Layout layout : {Layout{Order::kPlain, 0}, Layout{Order::kLanes, 0}}) {
    const std::int64_t few = bytes(3, layout);
    EXPECT_EQ(bytes(20, layout), few) << layout_text(layout);
    // The image, two values that take turns, and in lanes the logits as PyTorch has them.
    const Value value{"x", 16};
    const std::int64_t slack = kernels::kSlack;
    const std::int64_t plain = 4 * (activations(value, 5, {}).floats() + slack);
    const std::int64_t inner = 4 * (activations(value, 5, layout).floats() + slack);
    EXPECT_EQ(few, layout.order == Order::kPlain ? 3 * plain : 2 * plain + 2 * inner);
  }
}

}  // namespace
}  // namespace coppice
