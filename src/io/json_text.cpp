#include "io/json_text.h"

#include "coppice/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coppice {

std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 100;
  std::string shown(text.substr(0, kMost));
  if (text.size() > kMost) shown += "...";
  return nlohmann::json(std::move(shown)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_string(std::string_view text, std::string_view what) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw BadInput(fmt::format("{} {} is not valid UTF-8", what, printable(text)));
  }
}

}  // namespace coppice
