#pragma once
#include "coppice/tensor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/bytes.h"

namespace coppice::data {

/// IDX, the format of MNIST: 0 0 type dimensions, then each extent as a big-endian 32-bit number, then the
/// elements. Only unsigned bytes are read (type 8), whose dimensions tell images from labels.
enum class IdxKind { kLabels = 1, kImages = 3 };

/// The elements of an IDX file held in memory, plain or gzip: [count] or [count, height, width], uint8.
/// Throws BadInput where anything is not exactly as the header says; never allocates more than the file can
/// hold.
Tensor parse_idx(std::span<const std::byte> file, IdxKind kind, const Source& source);

/// Labels as numbers. Throws BadInput for one that is not below `classes`.
std::vector<std::int32_t> idx_labels(const Tensor& tensor, std::int64_t classes, const Source& source);

}  // namespace coppice::data
