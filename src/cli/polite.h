#pragma once

namespace coppice {

/// Starts the program over, once, with short spinning at OpenMP barriers, unless the user has chosen a policy
/// (GOMP_SPINCOUNT or OMP_WAIT_POLICY). By default waiting threads spin for about a millisecond: on a machine
/// that is shared with other work they burn the time slice of the thread they wait for, and training was seen
/// 5 to 18 times slower for it; on an idle machine it makes no difference. The OpenMP library reads the
/// setting when it is loaded, so only a fresh start can change it. Returns where there is nothing to do.
void restart_with_short_spins(char** argv);

}  // namespace coppice
