#include "measure/energy_meter.h"

#include "coppice/error.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/files.h"
#include "measure/clock.h"
#include "measure/counters.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

constexpr double kMicro = 1e-6;
/// No package draws more: from it follows how long a counter takes at least to turn over.
constexpr double kMostWatts = 1000;
/// What a window needs for the steps of the counters not to matter.
constexpr double kReliableSeconds = 2;

/// Microjoules, as the kernel writes them: digits and a newline. Throws BadInput saying what is there
/// instead.
std::uint64_t read_microjoules(const fs::path& path) {
  const std::string text = read_file(path);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error != std::errc() || (rest != "" && rest != "\n"))
    throw BadInput(text.empty() ? fmt::format("{}: it is empty", path.string())
                                : fmt::format("{}: holds no number", path.string()));
  return value;
}

std::uint64_t range_of(const fs::path& folder) {
  try {
    return read_microjoules(folder / "max_energy_range_uj");
  } catch (const BadInput&) {
    return 0;
  }
}

}  // namespace

EnergyMeter::EnergyMeter(fs::path root, std::function<double()> clock)
    : root_(std::move(root)), clock_(clock ? std::move(clock) : steady_seconds) {}

std::vector<EnergyMeter::Package> EnergyMeter::find_packages() const {
  std::vector<Package> packages;
  for (const EnergyCounter& counter : rapl_counters(root_)) {
    if (!counter.usable) throw BadInput(counter.why);
    packages.push_back({counter.name, counter.folder, range_of(counter.folder)});
  }
  return packages;
}

void EnergyMeter::start() {
  trouble_.clear();
  try {
    // Once: a package that vanishes later must be missed, not forgotten.
    if (packages_.empty()) packages_ = find_packages();
    for (Package& package : packages_) {
      package.last_uj = read_microjoules(package.folder / "energy_uj");
      package.drawn_uj = 0;
    }
  } catch (const BadInput& error) {
    trouble_ = error.what();
  }
  started_at_ = sampled_at_ = clock_();
}

void EnergyMeter::sample() {
  if (!trouble_.empty()) return;
  const double now = clock_();
  try {
    for (Package& package : packages_) advance(package, now - sampled_at_);
  } catch (const BadInput& error) {
    trouble_ = error.what();
  }
  sampled_at_ = now;
}

void EnergyMeter::advance(Package& package, double gap_s) {
  const std::uint64_t now_uj = read_microjoules(package.folder / "energy_uj");
  const bool turned_over = now_uj < package.last_uj;
  if (package.range_uj > 0) {
    if (gap_s * kMostWatts > kMicro * static_cast<double>(package.range_uj))
      throw BadInput(fmt::format("{}: not read for {:.0f} s, in which it may have turned over more than once",
                                 package.name, gap_s));
    if (now_uj > package.range_uj || package.last_uj > package.range_uj)
      throw BadInput(fmt::format("{}: reads more than its range", package.name));
  } else if (turned_over) {
    throw BadInput(fmt::format("{}: turned over, and does not say at what", package.name));
  }
  package.drawn_uj += turned_over ? package.range_uj - package.last_uj + now_uj : now_uj - package.last_uj;
  package.last_uj = now_uj;
}

void EnergyMeter::wait_for_step() {
  constexpr double kPatience = 1;
  const std::uint64_t before = drawn_uj();
  const double end = clock_() + kPatience;
  do {
    sample();
    if (!trouble_.empty() || drawn_uj() != before) return;
  } while (clock_() < end);
  trouble_ = "the counter does not move";
}

Energy EnergyMeter::energy() {
  sample();
  if (!trouble_.empty()) return Energy::unavailable(trouble_);
  for (const Package& package : packages_) {
    if (package.drawn_uj == 0)
      return Energy::unavailable(
          fmt::format("{}: the counter does not move ({:.3g} s)", package.name, seconds()));
  }
  Energy energy = Energy::measured(kMicro * static_cast<double>(drawn_uj()), "rapl");
  energy.reliable = seconds() >= kReliableSeconds;
  return energy;
}

std::uint64_t EnergyMeter::drawn_uj() const {
  std::uint64_t sum = 0;
  for (const Package& package : packages_) sum += package.drawn_uj;
  return sum;
}

}  // namespace coppice
