#pragma once
#include "coppice/network.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// Upper bound of every size in a network: far beyond any use, and small enough that no product of three
/// overflows.
inline constexpr std::int64_t kLargestSize = std::int64_t{1} << 20;

/// An integer field of a node and the operations that use it.
struct SizeField {
  std::string_view name;
  std::int64_t Node::*member;
  std::int64_t unset;   ///< What an operation that does not use it must leave there.
  std::int64_t lowest;  ///< Where it is used.
};

/// All integer fields, in the order in which they are written.
std::span<const SizeField> size_fields();

/// Whether an operation has the field of that name ("out", ..., "bias", "rate").
bool uses_field(Op op, std::string_view field);

/// Every key that a node of this operation may have, in the order in which they are written.
std::vector<std::string> field_names(Op op);

/// "conv", "linear", ...
std::vector<std::string> op_names();

/// Whether `name` is an operation; sets `op` if so.
bool find_op(std::string_view name, Op& op);

/// "network 'n', layer 'c1' (conv): ", what the message about a node begins with.
std::string layer_text(const Network& network, const Node& node);

/// "64x5x5" or "300 features".
std::string extent_text(const Extent& extent);

}  // namespace coppice
