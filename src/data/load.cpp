#include "coppice/data.h"
#include "coppice/error.h"

#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "data/resolution.h"
#include "data/split.h"
#include "data/statistics.h"
#include "data/stores.h"

namespace coppice {

static data::Stores load_stores(const DataConfig& config) {
  if (config.dataset == "synthetic") return data::make_synthetic(config);
  if (config.dataset == "tensors") return data::load_tensors(config);
  return data::load_known(config);
}

Data load_data(const DataConfig& config) {
  const std::vector<std::string> augmentations = {"none", "flip-crop"};
  if (config.augment != augmentations[0] && config.augment != augmentations[1]) {
    throw BadInput(fmt::format("data.augment: '{}' is not known{} (there are {})", config.augment,
                               did_you_mean(config.augment, augmentations), join(augmentations, ", ")));
  }
  data::Stores stores = load_stores(config);
  Data loaded;
  loaded.name = config.dataset;
  loaded.classes = stores.classes;
  loaded.augment = config.augment;
  loaded.pool = std::move(stores.pool);
  loaded.test = std::move(stores.test);
  if (loaded.pool.count() > std::numeric_limits<std::uint32_t>::max())
    throw BadInput(
        fmt::format("data.dataset: {} examples are more than 2^32 - 1", grouped(loaded.pool.count())));
  data::reduce_resolution(loaded.pool, config.resolution);
  data::reduce_resolution(loaded.test, config.resolution);
  data::split(loaded, config);
  data::measure(loaded);
  loaded.sha256 = data::content_sha256(loaded);
  return loaded;
}

}  // namespace coppice
