#pragma once
#include <string>
#include <vector>

namespace coppice {

/// `count` records of CIFAR-10 (label `fine`) or, where `coarse` is not negative, CIFAR-100.
inline std::string cifar_records(int count, int fine, int coarse = -1) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    if (coarse >= 0) bytes += static_cast<char>(coarse);
    bytes += static_cast<char>(fine);
    bytes.append(3072, static_cast<char>(i));
  }
  return bytes;
}

struct CifarCase {
  std::string name;
  int classes;
  std::string bytes;
  std::vector<std::string> complaint;  ///< Words that the refusal must hold; none: it is to be read.
  /// What the fuzz target takes: a byte that chooses the form, then the file.
  std::string fuzz_input() const { return std::string(1, classes == 100 ? '\1' : '\0') + bytes; }
};

inline std::vector<CifarCase> cifar_cases() {
  const std::string two = cifar_records(2, 9);
  return {
      {"good-10", 10, two, {}},
      {"good-100", 100, cifar_records(1, 99, 19), {}},
      {"empty", 10, "", {"0 bytes are not a whole number of records"}},
      {"one-byte-more", 10, two + "x", {"6,147 bytes", "records of 3,073", "offset 6146", "has 1"}},
      {"cut", 10, two.substr(0, 6145), {"offset 3073", "has 3072"}},
      {"100-for-10", 10, cifar_records(1, 9, 9), {"the size fits CIFAR-100)"}},
      {"10-for-100", 100, two, {"the size fits CIFAR-10)"}},
      {"label-10",
       10,
       cifar_records(1, 9) + cifar_records(1, 10),
       {"label 10 of record 1 (offset 3073)", "the 10 classes 0 to 9"}},
      {"fine-100", 100, cifar_records(1, 100, 19), {"label 100 of record 0 (offset 1)", "0 to 99"}},
      {"coarse-20", 100, cifar_records(1, 5, 20), {"coarse label 20 of record 0 (offset 0)", "0 to 19"}},
  };
}

}  // namespace coppice
