#pragma once
#include <stdexcept>
#include <string>

namespace coppice {

/// What every function of the library throws. The message says what is wrong, where (file, line, field) and
/// what to do about it; `exit_code` is what the program exits with.
class Error : public std::runtime_error {
 public:
  Error(int exit_code, const std::string& message) : std::runtime_error(message), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

/// Arguments, config or files are wrong; nothing was written. Exit code 2.
class BadInput : public Error {
 public:
  explicit BadInput(const std::string& message) : Error(2, message) {}
};

/// The input was fine and the work failed: disk full, training diverged. Exit code 1.
class Failure : public Error {
 public:
  explicit Failure(const std::string& message) : Error(1, message) {}
};

/// A layer would keep fewer weights than its minimum (Tanaka et al. 2020, "layer collapse").
class LayerCollapse : public Failure {
 public:
  explicit LayerCollapse(const std::string& message) : Failure(message) {}
};

/// Ctrl-C or SIGTERM arrived and what resuming needs was saved. Exit code 130.
class Interrupted : public Error {
 public:
  explicit Interrupted(const std::string& message) : Error(130, message) {}
};

}  // namespace coppice
