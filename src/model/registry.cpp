#include "coppice/error.h"
#include "coppice/network.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "model/builder.h"
#include "model/node_fields.h"

namespace coppice {

namespace {

/// A new family is a file with its recipes and a line here.
std::vector<Recipe> recipes() {
  std::vector<Recipe> all;
  for (const auto& family : {lenet_recipes(), conv_recipes(), vgg_recipes(), resnet_recipes()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes()) names.push_back(recipe.name);
  return names;
}

Network build_network(std::string_view name, Extent image, std::int64_t classes, double width) {
  if (!(width > 0 && width <= static_cast<double>(kLargestSize)))
    throw BadInput(
        fmt::format("network '{}': 'width' is {}; it must be greater than 0 and at most {} (1 is the "
                    "published size)",
                    name, width, kLargestSize));
  for (const Recipe& recipe : recipes()) {
    if (recipe.name != name) continue;
    Builder builder(name, image, classes, width);
    recipe.build(builder);
    return builder.finish();
  }
  const auto names = network_names();
  throw BadInput(
      fmt::format("unknown network '{}'{} (known: {})", name, did_you_mean(name, names), join(names, ", ")));
}

}  // namespace coppice
