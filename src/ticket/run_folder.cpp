#include "ticket/run_folder.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/files.h"
#include "base/libtorch/threads.h"
#include "base/machine.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/version.h"
#include "kernels/cpu/isa.h"
#include "ticket/record.h"
#include "train/libtorch/version.h"

namespace coppice {

namespace fs = std::filesystem;

std::string run_name(const Config& config, const Data& data, const Device& device) {
  const IdentityContent content{
      data.sha256, config.model.weights.empty() ? "" : sha256_of_file(config.model.weights), device.type};
  return fmt::format("{}-{}", config.name, identity_hash(config, content));
}

/// What was measured or chosen once and decides bits: recorded when a run begins, compared when it goes on.
static Json conditions(const Config& config, const Network& network, const Data& data, const Device& device) {
  const auto engine = make_engine(network, data, config.train, device);
  return {{"device", device.type},
          {"threads", device.threads},
          {"engine", engine->name()},
          {"isa", kernels::isa_name(kernels::isa())},
          {"libtorch", torch_version()}};
}

RunFolder::RunFolder(const Config& config, const Network& network, const Data& data,
                     const SearchOptions& options, Device& device)
    : paths_{fs::path(options.runs) / run_name(config, data, device)} {
  const bool is_new = !fs::exists(paths_.run());
  if (!is_new) take_recorded_threads(options, device);
  set_threads(device.threads);
  // Everything that may refuse comes before anything is written.
  const Json now = conditions(config, network, data, device);
  if (!is_new && !options.accept_changes) require_same_conditions(now);
  make_folder(paths_.folder);
  lock();
  remove_temporaries(paths_.folder);

  Json json;
  json["coppice"] = kVersion;
  json["git_commit"] = kGitCommit;
  json["conditions"] = now;
  json["machine"] = to_json(this_machine());
  json["data"] = {{"name", data.name},
                  {"sha256", data.sha256},
                  {"classes", data.classes},
                  {"image", {data.pool.image.channels, data.pool.image.height, data.pool.image.width}},
                  {"train", data.count(Split::kTrain)},
                  {"validation", data.count(Split::kValidation)},
                  {"test", data.count(Split::kTest)},
                  {"mean", data.mean},
                  {"stddev", data.stddev}};
  json["network"] = Json::parse(to_json(network));
  run_json_ = json.dump();
  write_file_atomically(paths_.config(), dump_config(config));
  set_status("running");
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

void RunFolder::lock() {
  lock_ = ::open(paths_.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0)
    throw Failure(fmt::format("{}: cannot be created: {}", paths_.lock().string(), std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    char holder[64] = {};
    const bool known = ::read(lock_, holder, sizeof holder - 1) > 0;
    ::close(lock_);
    lock_ = -1;
    throw BadInput(fmt::format("{}: another process{} is working on this run; wait for it, or stop it",
                               paths_.folder.string(), known ? fmt::format(" ({})", holder) : ""));
  }
  const std::string me = fmt::format("process {} on {}", ::getpid(), this_machine().hostname);
  if (::ftruncate(lock_, 0) != 0 || ::write(lock_, me.data(), me.size()) < 0) {
    // Only a hint for others; the lock itself holds.
  }
}

void RunFolder::take_recorded_threads(const SearchOptions& options, Device& device) const {
  if (options.threads != 0 || options.accept_changes) return;
  device.threads =
      reading(paths_.run(), [](const Json& json) { return json.at("conditions").at("threads").get<int>(); });
}

void RunFolder::require_same_conditions(const Json& now) const {
  const Json before = reading(paths_.run(), [](const Json& json) { return json.at("conditions"); });
  if (before == now) return;
  throw BadInput(fmt::format(
      "{}: this run was begun under other conditions and would give other bits: {} then, {} now. Go on under "
      "the old ones (--threads), or accept the change with --accept-changes",
      paths_.folder.string(), before.dump(), now.dump()));
}

void RunFolder::record(const std::function<std::string()>& work) {
  try {
    set_status("done", work());
  } catch (const Interrupted& stop) {
    set_status("interrupted", stop.what());
    throw;
  } catch (const Error& error) {
    try {
      set_status("failed", error.what());
    } catch (const Error&) {
      // The first error is the one to tell: the second is most likely the same full disk.
    }
    throw;
  }
}

void RunFolder::set_status(const std::string& status, const std::string& detail) {
  Json json = Json::parse(run_json_);
  json["status"] = status;
  if (!detail.empty()) json["detail"] = detail;
  if (fs::exists(paths_.ticket())) json["ticket"] = read_json(paths_.ticket());
  write_file_atomically(paths_.run(), json.dump(2) + "\n");
}

}  // namespace coppice
