#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace coppice {

/// A length of training in epochs, steps or both: "40ep", "500it", "2ep50it". A step is one update of the
/// weights.
struct Length {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;

  /// Throws BadInput unless `text` has one of the three forms.
  static Length parse(std::string_view text);
  std::string text() const;  ///< The form that `parse` reads; "0it" for nothing.
  std::int64_t in_steps(std::int64_t steps_per_epoch) const { return epochs * steps_per_epoch + steps; }
  bool operator==(const Length&) const = default;
};

/// A point of training: so far from its beginning, or a word that the config field gives a meaning to ("end",
/// "auto").
struct Moment {
  Length length{};
  std::string word{};  ///< Empty: `length` counts.

  std::string text() const { return word.empty() ? length.text() : word; }
  bool operator==(const Moment&) const = default;
};

}  // namespace coppice
