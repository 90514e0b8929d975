#include "coppice/length.h"

#include "coppice/error.h"

#include <charconv>

#include <fmt/format.h>

namespace coppice {

Length Length::parse(std::string_view text) {
  Length length;
  std::string_view rest = text;
  const auto part = [&](std::string_view unit, std::int64_t& value) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const std::string_view after = rest.substr(static_cast<std::size_t>(end - rest.data()));
    if (error != std::errc{} || number < 0 || number > 1'000'000'000 || !after.starts_with(unit))
      return false;
    value = number;
    rest = after.substr(unit.size());
    return true;
  };
  const bool epochs = part("ep", length.epochs);
  const bool steps = !rest.empty() && part("it", length.steps);
  if ((!epochs && !steps) || !rest.empty()) {
    throw BadInput(fmt::format(
        "'{}' is not a length: write epochs \"40ep\", steps \"500it\" or both \"2ep50it\"", text));
  }
  return length;
}

std::string Length::text() const {
  std::string out;
  if (epochs != 0) out += fmt::format("{}ep", epochs);
  if (steps != 0 || epochs == 0) out += fmt::format("{}it", steps);
  return out;
}

}  // namespace coppice
