#pragma once
#include "coppice/checkpoint.h"

namespace coppice {

/// The masks that a mask file's content stands for. Throws BadInput; `where` names it in messages.
Masks masks_of(const SafetensorsFile& file, const std::string& where);

}  // namespace coppice
