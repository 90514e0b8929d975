#include "cli/level_name.h"

#include "coppice/error.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "ticket/controls.h"

namespace coppice {

static std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && error == std::errc{} && end == text.data() + text.size() && number >= 0;
  return whole ? std::optional(number) : std::nullopt;
}

LevelName parse_level_name(const std::string& text) {
  const std::vector<std::string> controls = control_names({true, true, true, true});
  // A path may hold colons; what follows the run comes after its last slash.
  const std::size_t slash = text.rfind('/');
  std::size_t colon = text.find(':', slash == std::string::npos ? 0 : slash);
  LevelName name;
  name.run = text.substr(0, colon);
  if (name.run.empty()) throw BadInput(fmt::format("'{}': names no run before the colon", text));
  while (colon != std::string::npos) {
    const std::size_t next = text.find(':', colon + 1);
    const std::string part = text.substr(colon + 1, next - colon - 1);
    colon = next;
    const auto replicate = part.starts_with('r') ? whole_number(part.substr(1)) : std::nullopt;
    if (const auto level = whole_number(part)) {
      name.level = level;
    } else if (replicate && *replicate >= 1) {
      name.replicate = *replicate;
    } else if (std::find(controls.begin(), controls.end(), part) != controls.end()) {
      name.branch = part;
    } else {
      throw BadInput(fmt::format("'{}': '{}' is no level (7), no replicate (r2) and no control ({}){}", text,
                                 part, join(controls, ", "), did_you_mean(part, controls)));
    }
  }
  return name;
}

}  // namespace coppice
