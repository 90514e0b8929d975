#include "cli/progress.h"

#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/paths.h"
#include "base/text.h"

namespace coppice {

ConsoleObserver::ConsoleObserver(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

ConsoleObserver::~ConsoleObserver() { clear(); }

void ConsoleObserver::clear() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
  drawn_ = false;
}

static std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// "level 3", "control shuffle level 3", or of a copy "copy from step 500".
static std::string place_text(const std::string& branch, const std::string& level) {
  if (branch.empty()) return "level " + level;
  constexpr std::string_view kCopy = "stable-";
  if (branch.starts_with(kCopy))
    return "copy from step " + std::to_string(std::stoll(branch.substr(kCopy.size())));
  if (branch == kScoutBranch) return "short run level " + level;
  return "control " + branch + " level " + level;
}

void ConsoleObserver::on_progress(const SearchProgress& p) {
  const auto now = std::chrono::steady_clock::now();
  if (quiet_ || now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10)))
    return;
  const bool first = shown_ == std::chrono::steady_clock::time_point{};
  shown_ = now;
  if (first && !terminal_) return;  // a line every ten seconds, the first after ten
  std::string line = p.replicates > 1 ? fmt::format("replicate {}/{}  ", p.replicate, p.replicates) : "";
  line +=
      fmt::format("{}  {:.1f}% kept  epoch {:.1f}",
                  place_text(p.branch, fmt::format("{}/{}", p.level, p.levels)), 100 * p.density, p.epoch);
  if (p.steps_per_s > 0) line += fmt::format("  {:.0f} step/s", p.steps_per_s);
  if (p.last)
    line += fmt::format("  accuracy {:.2f}%",
                        100 * (p.last->validation ? *p.last->validation : p.last->test).accuracy());
  if (p.steps_per_s > 0) line += fmt::format("  {} left", duration_text(p.seconds_left));
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", line.substr(0, terminal_width() - 1));
    drawn_ = true;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

void ConsoleObserver::on_level(const LevelRecord& record, bool resumed) {
  if (quiet_) return;
  clear();
  std::string place = record.replicate > 1 ? fmt::format("replicate {} ", record.replicate) : "";
  place += place_text(record.branch, fmt::format("{:2}", record.level));
  const std::string validation =
      record.final.validation ? fmt::format("validation {:.2f}%  ", 100 * record.final.validation->accuracy())
                              : "";
  fmt::print(stderr, "{}  {:6.2f}% kept  {}test {:.2f}%  {}{}\n", place, 100 * record.density.of_prunable,
             validation, 100 * record.final.test.accuracy(), duration_text(record.time_s),
             resumed ? "  (done before)" : "");
}

void ConsoleObserver::on_note(const std::string& note) {
  if (quiet_) return;
  clear();
  fmt::print(stderr, "{}\n", note);
}

WorkProgress::WorkProgress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0) {}

WorkProgress::~WorkProgress() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
}

void WorkProgress::show(const std::string& what) {
  if (quiet_) return;
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{} ...", what);
    drawn_ = true;
  } else if (const std::string kind = what.substr(0, what.find(',')); kind != last_) {
    fmt::print(stderr, "{} ...\n", kind);
    last_ = kind;
  }
  std::fflush(stderr);
}

}  // namespace coppice
