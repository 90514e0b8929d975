#pragma once

namespace coppice {

double steady_seconds();       ///< Wall time from some fixed point.
double process_cpu_seconds();  ///< Processor time of all threads of this process so far.

/// How much of the time that `cores` cores had was used: processor time / (wall time x cores). Time that a
/// machine stands idle costs energy too.
double busy_fraction(double cpu_s, double wall_s, int cores);

}  // namespace coppice
