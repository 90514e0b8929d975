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

}  // namespace coppice
