// Any bytes are either refused with BadInput or are a plan whose route can be run, and which is written and
// read back unchanged.
#include "coppice/error.h"
#include "coppice/network.h"

#include <cstdlib>

#include "sparse/plan_content.h"

namespace coppice {

constexpr const char* kFuzzPlanKey = "key";
constexpr std::int64_t kFuzzPlanImages = 4;

/// A residual block of two convolutions, a pool and a linear layer.
inline Network fuzz_plan_network() {
  const auto node = [](Op op, const char* name, std::vector<std::string> inputs = {}) {
    Node made;
    made.op = op;
    made.name = name;
    made.inputs = std::move(inputs);
    return made;
  };
  Node c1 = node(Op::kConv, "c1"), c2 = node(Op::kConv, "c2"), pool = node(Op::kMaxPool, "p"),
       fc = node(Op::kLinear, "fc");
  c1.out = c2.out = 2;
  c1.kernel = c2.kernel = 3;
  c1.padding = c2.padding = 1;
  pool.kernel = 2;
  fc.out = 3;
  return complete({"fuzz",
                   {1, 4, 4, false},
                   3,
                   {c1, c2, node(Op::kAdd, "sum", {"c1", "c2"}), pool, node(Op::kFlatten, "f"), fc}});
}

inline const Program& fuzz_plan_program() {
  static const Program program =
      compile_program(fuzz_plan_network(), initialise(fuzz_plan_network(), "kaiming-normal", "ones", 1));
  return program;
}

}  // namespace coppice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice;
  const Program& program = fuzz_plan_program();
  const auto read = [&](std::string_view text) {
    return plan_from_json(text, kFuzzPlanKey, program, kFuzzPlanImages);
  };
  Decision decision;
  try {
    decision = read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const BadInput&) {
    return 0;
  }
  const std::string text = plan_to_json(kFuzzPlanKey, program, decision);
  if (plan_to_json(kFuzzPlanKey, program, read(text)) != text) std::abort();
  std::vector<PlanOp> ops;
  for (const RouteLine& line : decision.route) {
    PlanOp op;
    op.convert = line.convert;
    op.step = line.step;
    op.value = line.value;
    op.from = line.from;
    op.to = line.to;
    if (!line.convert) {
      const KnownWay& known = decision.steps.at(line.step).ways.at(decision.steps[line.step].chosen);
      op.way.in = known.in;
      op.way.out = known.out;
      op.way.run = [](const std::vector<const float*>&, float*) {};
    }
    ops.push_back(std::move(op));
  }
  Executable executable(program, kFuzzPlanImages, 1, std::move(ops));
  const std::vector<float> images(kFuzzPlanImages * 16);
  std::vector<float> logits(kFuzzPlanImages * 3);
  executable.run(images.data(), logits.data());
  return 0;
}
