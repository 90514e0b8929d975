#include "measure/figures.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coppice {

std::string factor_text(double value) { return fmt::format("{:.{}f}x", value, value < 10 ? 2 : 1); }
std::string factor_text(const Interval& interval) {
  return interval.median > 0 ? factor_text(interval.median) : "-";
}
std::string range_text(const Interval& interval) {
  return interval.median > 0 ? fmt::format("{:.2f}-{:.2f}", interval.low, interval.high) : "-";
}
std::string percent_text(double fraction) { return fmt::format("{:.0f}%", 100 * fraction); }
std::string density_text(double density) { return fmt::format("{:.4g}%", 100 * density); }

nlohmann::ordered_json to_json(const Interval& interval, double scale) {
  return {
      {"median", interval.median * scale}, {"low", interval.low * scale}, {"high", interval.high * scale}};
}

}  // namespace coppice
