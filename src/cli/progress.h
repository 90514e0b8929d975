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

}  // namespace coppice
