#include "coppice/error.h"

#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "data/bytes.h"
#include "data/cifar.h"
#include "data/idx.h"
#include "data/places.h"
#include "data/stores.h"

namespace coppice::data {

static std::span<const std::byte> bytes_of(const std::string& content) {
  return std::as_bytes(std::span(content.data(), content.size()));
}

[[noreturn]] static void report_missing(const KnownDataset& known, const Location& location,
                                        const DataConfig& config) {
  if (!location.lacking.empty()) {
    throw BadInput(fmt::format("{}: the data set {} is not complete, {} is missing; {}",
                               location.folder.string(), known.name, join(location.lacking, ", "),
                               known.remedy));
  }
  const std::string first = known.files.front() + (known.idx ? "[.gz]" : "");
  if (!config.path.empty()) {
    throw BadInput(fmt::format("data.path: {} holds no {} (no file {}, ... there or below {}); {}",
                               config.path, known.name, first, known.subfolders.back(), known.remedy));
  }
  throw BadInput(
      fmt::format("data.dataset: {} was not found (no file {}, ... in {}; COPPICE_DATA and data.path can "
                  "name other places); {}",
                  known.name, first, join(location.looked, ", "), known.remedy));
}

static Examples read_idx_pair(const KnownDataset& known, const std::string& images,
                              const std::string& labels) {
  Examples examples;
  const Source image_source{images, known.repair}, label_source{labels, known.repair};
  {
    const std::string content = read_source(image_source);
    examples.pixels = parse_idx(bytes_of(content), IdxKind::kImages, image_source);
  }
  const std::string content = read_source(label_source);
  examples.labels =
      idx_labels(parse_idx(bytes_of(content), IdxKind::kLabels, label_source), known.classes, label_source);
  std::vector<std::int64_t>& shape = examples.pixels.shape;
  if (shape[0] != examples.count()) {
    throw BadInput(fmt::format("{} holds {} images and {} {} labels: they do not belong together; {}", images,
                               grouped(shape[0]), labels, grouped(examples.count()), known.repair));
  }
  examples.image = {1, shape[1], shape[2], false};
  shape = {shape[0], 1, shape[1], shape[2]};
  return examples;
}

static Examples read_cifar_files(const KnownDataset& known, std::span<const std::string> files) {
  const CifarForm form{known.classes == 100 ? 20 : 0, known.classes};
  Examples examples;
  for (const std::string& file : files) {
    const Source source{file, known.repair};
    const std::string content = read_source(source);
    parse_cifar(bytes_of(content), form, source, examples);
  }
  return examples;
}

Stores load_known(const DataConfig& config) {
  for (const KnownDataset& known : known_datasets()) {
    if (known.name != config.dataset) continue;
    const Location location = locate(known, config.path);
    const std::vector<std::string>& files = location.files;
    if (files.empty()) report_missing(known, location, config);
    Stores stores{known.classes, {}, {}};
    if (known.idx) {
      stores.pool = read_idx_pair(known, files[0], files[1]);
      stores.test = read_idx_pair(known, files[2], files[3]);
      if (stores.pool.image != stores.test.image) {
        throw BadInput(fmt::format("{} holds images of {}x{} and {} of {}x{}; {}", files[0],
                                   stores.pool.image.height, stores.pool.image.width, files[2],
                                   stores.test.image.height, stores.test.image.width, known.repair));
      }
    } else {
      stores.pool = read_cifar_files(known, std::span(files).first(files.size() - 1));
      stores.test = read_cifar_files(known, std::span(files).last(1));
    }
    return stores;
  }
  throw BadInput(fmt::format("data.dataset: '{}' is not known{} (there are {})", config.dataset,
                             did_you_mean(config.dataset, dataset_names()), join(dataset_names(), ", ")));
}

}  // namespace coppice::data
