#pragma once
#include "coppice/data.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "data/bytes.h"

namespace coppice::data {

/// The binary files of CIFAR-10 and CIFAR-100: records of one label byte (CIFAR-100: a coarse and a fine one;
/// the fine one is used) and 3 x 32 x 32 pixels, plane after plane, and nothing else.
struct CifarForm {
  std::int64_t coarse = 0;  ///< Classes of the first byte where there are two labels; 0: only the fine one.
  std::int64_t classes = 10;
  std::size_t label_bytes() const { return coarse == 0 ? 1 : 2; }
  std::size_t record_bytes() const { return label_bytes() + 3 * 32 * 32; }
};

/// Appends the records of one file held in memory to `examples` (uint8 [count, 3, 32, 32]). Throws BadInput
/// where the size is not a whole number of records or a label is none of the classes.
void parse_cifar(std::span<const std::byte> file, const CifarForm& form, const Source& source,
                 Examples& examples);

}  // namespace coppice::data
