#pragma once
#include "coppice/ticket.h"

#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/paths.h"

namespace coppice {

/// An open run: its folder exists, is locked against other processes until this object goes, holds
/// config.toml and run.json, and fits the conditions (threads, engine) it was begun under.
class RunFolder {
 public:
  /// `device` may be changed: its threads become the recorded ones where the user asked for none.
  /// Throws BadInput where another process holds the lock, the folder belongs to another identity, or
  /// conditions differ and options.accept_changes is not set; Failure where it cannot be written.
  RunFolder(const Config& config, const Network& network, const Data& data, const SearchOptions& options,
            Device& device);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const RunPaths& paths() const { return paths_; }

  /// Does the work that the folder is for. Then run.json says "done", with the detail that the work returns,
  /// or "interrupted" or "failed" and why.
  void record(const std::function<std::string()>& work);

  /// Writes run.json with this status: "running", "interrupted", "done", "failed".
  void set_status(const std::string& status, const std::string& detail = "");

 private:
  void lock();
  void take_recorded_threads(const SearchOptions& options, Device& device) const;
  void require_same_conditions(const nlohmann::ordered_json& now) const;

  RunPaths paths_;
  int lock_ = -1;
  std::string run_json_;  ///< Everything but the status.
};

/// The folder's name that a config and its content lead to.
std::string run_name(const Config& config, const Data& data, const Device& device);

}  // namespace coppice
