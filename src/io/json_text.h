#pragma once
#include <string>
#include <string_view>

namespace coppice {

/// `text` as a JSON string, quotes included. Throws BadInput where it is not UTF-8; `what` says what it is.
std::string json_string(std::string_view text, std::string_view what);

/// Text from a file as an error message may show it: quoted, control characters escaped, cut after 100 bytes.
std::string printable(std::string_view text);

}  // namespace coppice
