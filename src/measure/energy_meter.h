#pragma once
#include "coppice/energy.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace coppice {

/// Counts what the processor's packages draw (RAPL), all of them together. A package that cannot be read, at
/// the start or later, makes the whole window unavailable: part of the packages is no energy.
class EnergyMeter {
 public:
  /// `root` is where /sys is looked for and `clock` gives seconds (empty: the steady clock): for tests.
  explicit EnergyMeter(std::filesystem::path root = "/", std::function<double()> clock = {});

  /// Begins a window, whatever was before.
  void start();
  /// Reads the counters. They turn over within minutes at full power, so a long window needs this now and
  /// then; where it came too late to know how often they did, the window becomes unavailable.
  void sample();
  /// Samples until a counter has moved, so that the window's ends lie at such moments: they move in steps.
  /// Unavailable after a second without.
  void wait_for_step();
  /// Samples, and gives what the window took so far.
  Energy energy();

  double seconds() const { return sampled_at_ - started_at_; }  ///< From the start to the last sample.
  const std::string& trouble() const { return trouble_; }       ///< Why the window is lost; empty if not.

 private:
  struct Package {
    std::string name;
    std::filesystem::path folder;
    std::uint64_t range_uj = 0;  ///< Where the counter turns over; 0: not known.
    std::uint64_t last_uj = 0, drawn_uj = 0;
  };
  std::vector<Package> find_packages() const;
  std::uint64_t drawn_uj() const;
  void advance(Package& package, double gap_s);

  std::filesystem::path root_;
  std::function<double()> clock_;
  std::vector<Package> packages_;
  std::string trouble_ = "it was not started";
  double started_at_ = 0, sampled_at_ = 0;
};

}  // namespace coppice
