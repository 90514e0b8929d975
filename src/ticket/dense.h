#pragma once
#include "ticket/session.h"

namespace coppice {

/// The training of a replicate's dense network under full `masks`, from its initial values, which are put in
/// place; passes the rewind point on its way, or where that is still open the steps among which it is looked
/// for.
Stint dense_training(const Session& session, std::int64_t replicate, const Masks& masks);

}  // namespace coppice
