#pragma once
// Small networks and helpers that the tests of this folder share.
#include "coppice/error.h"
#include "coppice/network.h"

#include <string>

#include "gtest/gtest.h"

namespace coppice {

inline Node node(Op op, std::string name, std::vector<std::string> inputs = {}) {
  return {.op = op, .name = std::move(name), .inputs = std::move(inputs)};
}
inline Node linear(std::string name, std::int64_t out, std::vector<std::string> inputs = {}) {
  Node made = node(Op::kLinear, std::move(name), std::move(inputs));
  made.out = out;
  return made;
}
inline Node conv(std::string name, std::int64_t out, std::int64_t kernel, std::int64_t padding = 0,
                 std::vector<std::string> inputs = {}) {
  Node made = node(Op::kConv, std::move(name), std::move(inputs));
  made.out = out;
  made.kernel = kernel;
  made.padding = padding;
  return made;
}
inline Node pool(Op op, std::string name, std::int64_t kernel, std::int64_t stride = 0,
                 std::int64_t padding = 0) {
  Node made = node(op, std::move(name));
  made.kernel = kernel;
  made.stride = stride;
  made.padding = padding;
  return made;
}

/// Every operation and field once, with two branches, dilation, odd sizes, and names that PyTorch's modules
/// use themselves.
inline Network branching() {
  Node dilated = conv("stem.type", 6, 3, 2);
  dilated.dilation = 2;
  dilated.stride = 2;
  dilated.bias = false;
  Node drop = node(Op::kDropout, "forward");
  drop.rate = 0.25;
  Node head = linear("head.0", 12);
  head.bias = false;
  return complete(
      {"branching",
       {2, 17, 13, false},
       5,
       {dilated, node(Op::kBatchNorm, "stem.norm"), node(Op::kRelu, "stem.relu"),
        conv("left.1", 8, 3, 1, {"stem.relu"}), conv("right", 8, 1, 0, {"stem.relu"}),
        conv("third", 8, 5, 2, {"stem.relu"}), node(Op::kAdd, "sum", {"left.1", "right", "third"}),
        pool(Op::kMaxPool, "max", 3, 2, 1), pool(Op::kAvgPool, "avg", 2, 1, 1), conv("left.2", 4, 2, 0),
        node(Op::kFlatten, "flat"), head, node(Op::kBatchNorm, "head.1"), node(Op::kRelu, "training"), drop,
        linear("keys", 12), node(Op::kAdd, "skip", {"keys", "head.0"}), linear("output", 5)}});
}

/// The message of the BadInput that `run` throws; fails the test where it throws none.
template <class Run>
std::string message_of(const Run& run) {
  try {
    run();
  } catch (const BadInput& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

/// Checks that a message holds all the given words.
inline void expect_words(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << "'" << word << "' is not in: " << message;
}

}  // namespace coppice
