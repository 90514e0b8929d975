#pragma once
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "support/scratch.h"

namespace coppice {

struct Outcome {
  int exit_code = -1;  ///< 128 + the signal's number where a signal ended it.
  std::string out, err;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// The built program, run as a user would.
class Program {
 public:
  Program(std::vector<std::string> arguments, const std::string& folder = ".") {
    child_ = fork();
    if (child_ != 0) return;
    if (chdir(folder.c_str()) != 0) _exit(126);
    redirect(scratch_ / "out", STDOUT_FILENO);
    redirect(scratch_ / "err", STDERR_FILENO);
    std::string program = COPPICE_PROGRAM;
    std::vector<char*> words = {program.data()};
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    execv(program.c_str(), words.data());
    _exit(127);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (child_ > 0) signal(SIGKILL), wait();
  }

  void signal(int number) const { kill(child_, number); }

  Outcome wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content_of(scratch_ / "out"),
            content_of(scratch_ / "err")};
  }

  /// False where it ended before.
  bool runs_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      siginfo_t info{};
      if (waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid != 0)
        return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  static void redirect(const std::string& path, int descriptor) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(file, descriptor);
    close(file);
  }
  Scratch scratch_;
  pid_t child_ = -1;
};

inline Outcome run_program(const std::vector<std::string>& arguments, const std::string& folder = ".") {
  return Program(arguments, folder).wait();
}

}  // namespace coppice
