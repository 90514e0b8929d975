#pragma once
#include "coppice/ticket.h"

#include <chrono>
#include <string>

namespace coppice {

/// Progress on stderr: redrawn in place on a terminal, a plain line now and then elsewhere, nothing when
/// quiet.
class ConsoleObserver : public Observer {
 public:
  explicit ConsoleObserver(bool quiet);
  ~ConsoleObserver() override;
  void on_progress(const SearchProgress& progress) override;
  void on_level(const LevelRecord& record, bool resumed) override;
  void on_note(const std::string& note) override;

 private:
  void clear();

  bool quiet_, terminal_, drawn_ = false;
  std::chrono::steady_clock::time_point shown_{};
};

/// What begins, on stderr: in place on a terminal, else a line for each change of what is being done (the
/// text up to its first comma).
class WorkProgress {
 public:
  explicit WorkProgress(bool quiet);
  ~WorkProgress();
  void show(const std::string& what);

 private:
  bool quiet_, terminal_, drawn_ = false;
  std::string last_;
};

}  // namespace coppice
