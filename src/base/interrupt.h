#pragma once

namespace coppice {

/// From now on SIGINT and SIGTERM only set a flag; a second one ends the process at once.
void catch_interrupts();

/// Whether one arrived.
bool interrupted();

}  // namespace coppice
