#pragma once
#include "coppice/checkpoint.h"

#include <cstddef>
#include <functional>

namespace coppice {

/// Takes the bytes of a file, front to back.
using Sink = std::function<void(const void*, std::size_t)>;

/// The bytes of the file that `write_safetensors` writes, in pieces; no tensor is copied.
void emit_safetensors(const Tensors& tensors, const Metadata& metadata, const Sink& sink);

}  // namespace coppice
