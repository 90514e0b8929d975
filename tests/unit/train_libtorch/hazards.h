#pragma once
#include "unit/model/networks.h"

namespace coppice {

/// Where an operation in place or a fused one could go wrong: the image added and rectified, a value with two
/// readers before and after, a ReLU on a ReLU, on a dropout (the same tensor in evaluation) and on a flatten
/// (a view), a BatchNorm read twice, added to itself, added with another, three addends, a lone addition of a
/// BatchNorm.
inline Network hazards() {
  const auto add = [](std::string name, std::vector<std::string> inputs) {
    return node(Op::kAdd, std::move(name), std::move(inputs));
  };
  const auto norm = [](std::string name, std::string input) {
    return node(Op::kBatchNorm, std::move(name), {std::move(input)});
  };
  const auto relu = [](std::string name, std::string input) {
    return node(Op::kRelu, std::move(name), {std::move(input)});
  };
  const auto biasless = [](Node made) {
    made.bias = false;
    return made;
  };
  return complete({"hazards",
                   {3, 6, 6, false},
                   4,
                   {relu("rectified_image", "x"),
                    add("image_sum", {"x", "rectified_image"}),
                    add("image_twice", {"x", "x"}),
                    add("images", {"image_sum", "image_twice"}),
                    conv("c1", 5, 3, 1, {"images"}),
                    relu("r1", "c1"),  // c1 is read again below
                    relu("r2", "r1"),
                    add("s1", {"c1", "r2"}),  //
                    node(Op::kDropout, "drop", {"s1"}),
                    relu("r3", "drop"),  // s1 is read again below
                    add("s2", {"r3", "s1"}),
                    biasless(conv("c2", 5, 1, 0, {"s2"})),
                    norm("n2", "c2"),
                    relu("r4", "n2"),  // n2 is read again below
                    add("s3", {"n2", "r4"}),
                    biasless(conv("c3", 5, 3, 1, {"s3"})),
                    norm("n3", "c3"),
                    add("s4", {"n3", "n3"}),
                    relu("r5", "s4"),  // a BatchNorm added to itself
                    biasless(conv("c4", 5, 3, 1, {"r5"})),
                    norm("n4", "c4"),
                    biasless(conv("c5", 5, 1, 0, {"r5"})),
                    norm("n5", "c5"),
                    add("s5", {"n4", "n5"}),
                    relu("r6", "s5"),  // two BatchNorms
                    biasless(conv("c6", 5, 3, 1, {"r6"})),
                    norm("n6", "c6"),
                    add("s6", {"c6", "n6"}),  // a BatchNorm and its own input
                    relu("r7", "s6"),
                    biasless(conv("c7", 5, 1, 0, {"r7"})),
                    norm("n7", "c7"),
                    add("s7", {"r7", "n7"}),
                    conv("c8", 5, 1, 0, {"s7"}),
                    add("s8", {"s7", "c8", "r7"}),
                    relu("r8", "s8"),
                    node(Op::kFlatten, "flat", {"r8"}),
                    relu("r9", "flat"),
                    linear("fc1", 6),
                    norm("n8", "fc1"),
                    relu("r10", "n8"),
                    linear("fc2", 4)}});
}

}  // namespace coppice
