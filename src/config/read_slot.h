#pragma once
#include "coppice/error.h"

#include <string>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config/field.h"

namespace coppice {

/// Where a value stands, for messages: "lenet.toml:12:3: train.batch" or "--set train.batch=x".
struct Place {
  std::string prefix;
  std::string key;
  [[noreturn]] void fail(const std::string& what) const {
    throw BadInput(fmt::format("{}{}: {}", prefix, key, what));
  }
};

/// Where a key or a value begins.
Place place_of(const std::string& source, const auto& key_or_node, std::string key) {
  const auto at = key_or_node.source().begin;
  return {fmt::format("{}:{}:{}: ", source, at.line, at.column), std::move(key)};
}

[[noreturn]] void wrong_type(const Place& place, const char* wanted, const toml::node& node);

/// Reads a TOML value into a slot. Throws BadInput naming the place where type or range do not fit.
void read_slot(const Slot& slot, const Range& range, const toml::node& node, const Place& place);

}  // namespace coppice
