#include "measure/calibration_cache.h"

#include "coppice/error.h"

#include <cstdlib>
#include <ctime>
#include <optional>

#include <fmt/format.h>

#include "base/files.h"
#include "base/machine.h"
#include "base/sha256.h"
#include "base/version.h"
#include "kernels/cpu/isa.h"

namespace coppice {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// A file for each key, so that machines that share a home folder do not push each other out.
fs::path file_of(const fs::path& folder, const Json& key) {
  Sha256 sha;
  sha.add(key.dump());
  return folder / fmt::format("calibration-{}.json", sha.hex().substr(0, 12));
}

std::optional<Calibration> kept(const fs::path& file, const Json& key, std::int64_t now) {
  constexpr std::int64_t kLongest = 24 * 3600;
  try {
    const Json json = Json::parse(read_file(file));
    if (json.at("key") != key) return std::nullopt;
    const Calibration calibration = calibration_from_json(json.at("calibration"));
    // One from the future was taken under a clock that was wrong, then or now.
    if (calibration.taken_at > now || now - calibration.taken_at > kLongest) return std::nullopt;
    return calibration;
  } catch (const Error&) {  // not there, or not readable
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {  // not ours, or torn
    return std::nullopt;
  }
}

}  // namespace

fs::path cache_folder() {
  // The XDG base directory specification: a relative path counts as none.
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && fs::path(cache).is_absolute()) return fs::path(cache) / "coppice";
  const char* home = std::getenv("HOME");
  if (home && fs::path(home).is_absolute()) return fs::path(home) / ".cache" / "coppice";
  return {};
}

Calibration cached_calibration(const fs::path& folder, const Json& key, std::int64_t now, bool fresh,
                               const std::function<Calibration()>& measure) {
  if (folder.empty()) return measure();
  const fs::path file = file_of(folder, key);
  if (!fresh) {
    if (const auto found = kept(file, key, now)) return *found;
  }
  const Calibration measured = measure();
  try {
    make_folder(folder);
    write_file_atomically(file, Json{{"key", key}, {"calibration", to_json(measured)}}.dump(2) + "\n");
  } catch (const Error&) {
    // Only kept to save time: a full disk or a folder that is not ours must not stop a measurement.
  }
  return measured;
}

Calibration calibration(int threads, bool fresh) {
  const Machine machine = this_machine();
  const Json key = {{"cpu", machine.cpu},
                    {"physical_cores", machine.physical_cores},
                    {"usable_cores", machine.usable_cores},
                    {"isa", kernels::isa_name(kernels::isa())},
                    {"threads", threads},
                    {"version", kVersion}};
  return cached_calibration(cache_folder(), key, static_cast<std::int64_t>(std::time(nullptr)), fresh,
                            [&] { return calibrate(threads); });
}

}  // namespace coppice
