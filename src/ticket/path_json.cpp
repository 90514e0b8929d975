#include "ticket/path_json.h"

#include <limits>

namespace coppice {

using Json = nlohmann::ordered_json;

Json to_json(const LinearPath& path) {
  Json json;
  json["alpha"] = path.alpha;
  for (const PathSplit& split : path.splits) {
    Json& part = json[split_name(split.split)];
    part["examples"] = split.along.empty() ? 0 : split.along.front().examples;
    part["barrier_pp"] = split.error_barrier_pp();
    part["loss_barrier"] = split.loss_barrier();
    for (const Tally& tally : split.along) {
      part["error"].push_back(error(tally));
      part["loss"].push_back(tally.loss());
      part["correct"].push_back(tally.correct);
      part["loss_sum"].push_back(tally.loss_sum);
    }
  }
  return json;
}

LinearPath path_from_json(const Json& json) {
  LinearPath path;
  path.alpha = json.at("alpha").get<std::vector<double>>();
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto found = json.find(split_name(split));
    if (found == json.end()) continue;
    PathSplit part{split, {}};
    const auto examples = found->at("examples").get<std::int64_t>();
    for (std::size_t i = 0; i < path.alpha.size(); ++i) {
      const Json& loss = found->at("loss_sum").at(i);  // JSON has no NaN: a loss beyond all bounds is null
      part.along.push_back({examples,
                            loss.is_null() ? std::numeric_limits<double>::quiet_NaN() : loss.get<double>(),
                            found->at("correct").at(i).get<std::int64_t>()});
    }
    path.splits.push_back(part);
  }
  return path;
}

}  // namespace coppice
