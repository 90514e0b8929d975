#pragma once
#include "coppice/connect.h"

#include <string>

#include <nlohmann/json.hpp>

namespace coppice {

/// What `coppice connect` says of the line between two networks: for people, for scripts, as a table of all
/// points and as a picture.
std::string connection_text(const Connection& connection);
nlohmann::ordered_json to_json(const Connection& connection);
std::string connection_csv(const Connection& connection);
std::string connection_svg(const Connection& connection);

/// A name for its files: "level-07--level-00", "r2-shuffle-level-03--lenet-1a2b3c4d-level-03".
std::string connection_name(const Connection& connection);

}  // namespace coppice
