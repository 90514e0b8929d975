#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace coppice::data {

/// A data set that is found in a folder by the names of its files.
struct KnownDataset {
  std::string name;
  std::int64_t classes;
  std::vector<std::string> files;       ///< All are needed; those of IDX also count with ".gz".
  std::vector<std::string> subfolders;  ///< Where its files may lie below a place; "" first.
  bool idx;                             ///< IDX files; else CIFAR's binary ones.
  std::string remedy;                   ///< What to do where it is missing.
  std::string repair;                   ///< What to do where a file of it is broken.
};

/// fashion-mnist, mnist, cifar10, cifar100.
const std::vector<KnownDataset>& known_datasets();

/// Names that data.dataset takes, the ones without a folder too.
std::vector<std::string> dataset_names();

/// Where a data set lies, or where it was looked for.
struct Location {
  std::vector<std::string> files;    ///< Paths in the order of KnownDataset::files; empty where not found.
  std::filesystem::path folder;      ///< Of these files; or of the first place that holds some of them.
  std::vector<std::string> lacking;  ///< Files that the first such folder lacks.
  std::vector<std::string> looked;   ///< Every place, in order.
};

/// Looks in `path` alone where it is not empty, else in the known places of coppice/data.h. The first folder
/// that holds any of the files is the one: an incomplete copy is told, not passed over.
Location locate(const KnownDataset& dataset, const std::string& path);

}  // namespace coppice::data
