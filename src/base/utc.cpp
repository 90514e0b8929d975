#include "base/utc.h"

#include <ctime>

namespace coppice {

std::string utc_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[sizeof "2026-01-31T12:00:00Z"] = "";
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::optional<std::int64_t> utc_seconds(const std::string& text) {
  std::tm utc{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (!rest || *rest != '\0') return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&utc));
}

}  // namespace coppice
