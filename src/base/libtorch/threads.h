#pragma once

namespace coppice {

/// Sets the number of OpenMP threads, LibTorch's and our own kernels' (they share one libgomp).
void set_threads(int threads);

int threads_set();  ///< What it is.

/// Another number of threads for as long as this lives.
class ThreadsScope {
 public:
  explicit ThreadsScope(int threads) : before_(threads_set()) { set_threads(threads); }
  ~ThreadsScope() { set_threads(before_); }
  ThreadsScope(const ThreadsScope&) = delete;
  ThreadsScope& operator=(const ThreadsScope&) = delete;

 private:
  int before_;
};

}  // namespace coppice
