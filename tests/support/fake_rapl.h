#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/scratch.h"

namespace coppice {

/// A fake /sys with RAPL domains.
class FakeRapl {
 public:
  const std::filesystem::path& root() const { return scratch_.folder(); }
  std::filesystem::path folder(const std::string& domain) const {
    return root() / "sys/class/powercap" / domain;
  }

  /// Without `energy` the domain's counter is missing; without `range` where it turns over.
  void add(const std::string& domain, const std::string& name, const char* energy,
           const char* range = nullptr) const {
    std::filesystem::create_directories(folder(domain));
    std::ofstream(folder(domain) / "name") << name << '\n';
    if (energy) std::ofstream(folder(domain) / "energy_uj") << energy;
    if (range) std::ofstream(folder(domain) / "max_energy_range_uj") << range << '\n';
  }

  void set(const std::string& domain, std::uint64_t microjoules) const {
    std::ofstream(folder(domain) / "energy_uj") << microjoules << '\n';
  }

 private:
  Scratch scratch_;
};

}  // namespace coppice
