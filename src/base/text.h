#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// Whether `text` matches a pattern with * (any run of characters) and ? (any one).
bool matches_glob(std::string_view pattern, std::string_view text);

/// The candidate with the smallest edit distance to `word` if that is at most a third of its length (at least
/// 2); empty otherwise.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean 'prune.fraction'?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

std::string join(const std::vector<std::string>& words, std::string_view separator);

/// 1234567 -> "1,234,567".
std::string grouped(long long number);

/// Seconds as people read them: "0.42 s", "37 s", "4 min 10 s", "2 h 05 min".
std::string duration_text(double seconds);

/// Bytes as people read them: "512 B", "1.2 MiB".
std::string bytes_text(double bytes);

}  // namespace coppice
