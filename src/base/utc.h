#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace coppice {

/// Seconds since 1970 as "2026-01-31T12:00:00Z".
std::string utc_text(std::int64_t seconds);
/// The other way; nothing where the text is not of that form.
std::optional<std::int64_t> utc_seconds(const std::string& text);

}  // namespace coppice
