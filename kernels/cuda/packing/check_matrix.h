#pragma once
#include "kernels/layer.h"

namespace coppice::kernels {

/// Throws std::invalid_argument, in the name of who packs it, for a matrix without rows or columns and for
/// one whose arrays do not fit each other or whose columns do not rise within a row.
void check_matrix(const Csr& matrix, const char* who);

}  // namespace coppice::kernels
