#pragma once
#include <string>

namespace coppice {

/// Cores that this process may use: its affinity, and the processor time its control group grants.
int available_threads();

/// Threads that the content of a control group's cpu.max allows; 0 where it sets no limit.
int threads_of_quota(const std::string& cpu_max);

}  // namespace coppice
