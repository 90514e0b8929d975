#include "data/places.h"

#include "coppice/data.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

namespace fs = std::filesystem;

namespace data {

static KnownDataset mnist_like(std::string name, std::string subfolder, std::string remedy,
                               std::string repair) {
  return {std::move(name),
          10,
          {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
           "t10k-labels-idx1-ubyte"},
          {"", std::move(subfolder)},
          true,
          std::move(remedy),
          std::move(repair)};
}

static KnownDataset cifar(std::int64_t classes, std::vector<std::string> files,
                          const std::string& subfolder) {
  return {fmt::format("cifar{}", classes),
          classes,
          std::move(files),
          {"", subfolder},
          false,
          fmt::format(
              "get the binary version, cifar-{0}-binary.tar.gz, from www.cs.toronto.edu/~kriz/cifar.html, "
              "unpack it and set data.path to its folder {1}",
              classes, subfolder),
          fmt::format("unpack cifar-{}-binary.tar.gz again", classes)};
}

const std::vector<KnownDataset>& known_datasets() {
  static const std::vector<KnownDataset> known = {
      mnist_like("fashion-mnist", "FashionMNIST/raw",
                 "apt-get install dataset-fashion-mnist, or set data.path to its folder",
                 "download it again, or apt-get install --reinstall dataset-fashion-mnist"),
      mnist_like(
          "mnist", "MNIST/raw",
          "download the four MNIST files (train-images-idx3-ubyte.gz, ...) and set data.path to their folder",
          "download it again"),
      cifar(10,
            {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
             "data_batch_5.bin", "test_batch.bin"},
            "cifar-10-batches-bin"),
      cifar(100, {"train.bin", "test.bin"}, "cifar-100-binary")};
  return known;
}

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const KnownDataset& known : known_datasets()) names.push_back(known.name);
  names.insert(names.end(), {"synthetic", "tensors"});
  return names;
}

/// MNIST and Fashion-MNIST have the same file names: a folder that bears another data set's name is not ours.
static bool belongs_to_another(const fs::path& place, const KnownDataset& dataset) {
  const std::string name = (place / "").parent_path().filename().string();
  for (const KnownDataset& other : known_datasets()) {
    if (other.name != dataset.name && other.name == name) return true;
  }
  return false;
}

static std::vector<fs::path> places(const KnownDataset& dataset, const std::string& path) {
  if (!path.empty()) return {path};
  std::vector<fs::path> all;
  const char* root = std::getenv("COPPICE_DATA");
  if (root != nullptr && *root != '\0') {
    all.push_back(fs::path(root) / dataset.name);
    if (!belongs_to_another(root, dataset)) all.emplace_back(root);
  }
  all.push_back(fs::path("/usr/share/datasets") / dataset.name);
  all.push_back(fs::path("data") / dataset.name);
  return all;
}

Location locate(const KnownDataset& dataset, const std::string& path) {
  Location location;
  for (const fs::path& place : places(dataset, path)) {
    location.looked.push_back(place.string());
    for (const std::string& subfolder : dataset.subfolders) {
      const fs::path folder = subfolder.empty() ? place : place / subfolder;
      std::vector<std::string> found, lacking;
      for (const std::string& name : dataset.files) {
        const fs::path plain = folder / name, gzip = folder / (name + ".gz");
        std::error_code error;  // a folder that may not be searched is one without the file
        if (fs::symlink_status(plain, error).type() != fs::file_type::not_found && !error) {
          found.push_back(plain.string());
        } else if (dataset.idx && fs::symlink_status(gzip, error).type() != fs::file_type::not_found &&
                   !error) {
          found.push_back(gzip.string());
        } else {
          lacking.push_back(dataset.idx ? name + "[.gz]" : name);
        }
      }
      if (found.empty()) continue;
      location.folder = folder;
      location.lacking = lacking;
      if (lacking.empty()) location.files = found;
      return location;
    }
  }
  return location;
}

}  // namespace data

std::vector<DatasetPlace> find_datasets() {
  std::vector<DatasetPlace> found;
  for (const data::KnownDataset& known : data::known_datasets()) {
    const data::Location location = data::locate(known, "");
    DatasetPlace place{known.name, "", ""};
    if (!location.files.empty()) {
      place.folder = location.folder.string();
    } else if (!location.lacking.empty()) {
      place.remedy = fmt::format("{} lacks {}: {}", location.folder.string(), join(location.lacking, ", "),
                                 known.remedy);
    } else {
      place.remedy = known.remedy;
    }
    found.push_back(std::move(place));
  }
  return found;
}

}  // namespace coppice
