// Plans on disk: what was decided by measuring, as JSON.
#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/machine.h"
#include "base/sha256.h"
#include "base/version.h"
#include "sparse/plan_content.h"

namespace coppice {

using kernels::Layout;
using kernels::Order;
using Json = nlohmann::ordered_json;

std::optional<Way> find_way(const WayContext& context, const Step& step, const KnownWay& known) {
  WayContext one = context;
  std::erase_if(one.candidates, [&](const auto& candidate) { return candidate->name() != known.kernel; });
  for (Way& way : ways_of(one, step)) {
    if (way.kernel == known.kernel && way.variant == known.variant && way.in == known.in &&
        way.out == known.out) {
      return std::move(way);
    }
  }
  return std::nullopt;
}

namespace {

std::vector<Layout> read_layouts(const Json& json, const std::vector<std::vector<Layout>>& known) {
  std::vector<Layout> layouts;
  if (json.size() != known.size()) throw BadInput("the number of its inputs is another one");
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::string text = json[i].get<std::string>();
    const auto found = std::find_if(known[i].begin(), known[i].end(),
                                    [&](Layout layout) { return layout_text(layout) == text; });
    if (found == known[i].end()) throw BadInput(fmt::format("'{}' is no layout of this value", text));
    layouts.push_back(*found);
  }
  return layouts;
}

Json to_json(const KnownWay& way) {
  Json in = Json::array();
  for (const Layout layout : way.in) in.push_back(layout_text(layout));
  return {{"kernel", way.kernel},        {"variant", way.variant}, {"sparse", way.sparse}, {"in", in},
          {"out", layout_text(way.out)}, {"seconds", way.seconds}};
}

/// The route must make each value before it is read, run each step once, in order, and end with plain logits.
void check_route(const Program& program, const PlannedRoute& planned) {
  const auto wrong = [] { throw BadInput("its route does not lead through the network"); };
  std::vector<std::vector<Layout>> there(program.values.size());
  there[0].push_back({Order::kPlain, 0});
  const auto exists = [&](std::size_t value, Layout layout) {
    return std::find(there[value].begin(), there[value].end(), layout) != there[value].end();
  };
  std::size_t next = 0;
  for (const RouteLine& line : planned.route) {
    if (line.convert) {
      if (!exists(line.value, line.from) || exists(line.value, line.to)) wrong();
      there[line.value].push_back(line.to);
      continue;
    }
    if (line.step != next++) wrong();
    const Step& step = program.steps[line.step];
    const KnownWay& way = planned.steps[line.step].ways[planned.steps[line.step].chosen];
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      if (!exists(step.inputs[i], way.in[i])) wrong();
    }
    there[step.output].push_back(way.out);
  }
  if (next != program.steps.size() || !exists(program.steps.back().output, {Order::kPlain, 0})) wrong();
}

Json route_to_json(const Program& program, const PlannedRoute& planned) {
  Json json;
  for (std::size_t i = 0; i < planned.steps.size(); ++i) {
    Json step = {
        {"name", program.steps[i].name}, {"chosen", planned.steps[i].chosen}, {"ways", Json::array()}};
    for (const KnownWay& way : planned.steps[i].ways) step["ways"].push_back(to_json(way));
    json["steps"].push_back(std::move(step));
  }
  for (const RouteLine& line : planned.route) {
    if (line.convert) {
      json["route"].push_back(
          {{"convert", line.value}, {"from", layout_text(line.from)}, {"to", layout_text(line.to)}});
    } else {
      json["route"].push_back({{"step", line.step}});
    }
  }
  return json;
}

PlannedRoute route_from_json(const Json& json, const Program& program, std::int64_t images) {
  const auto layouts = [&](std::size_t value) { return layouts_of(program.values.at(value), images); };
  PlannedRoute planned;
  if (json.at("steps").size() != program.steps.size()) throw BadInput("it has another number of steps");
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Json& step = json["steps"][i];
    PlannedStep made;
    made.chosen = step.at("chosen").get<std::size_t>();
    std::vector<std::vector<Layout>> in;
    for (const std::size_t value : program.steps[i].inputs) in.push_back(layouts(value));
    for (const Json& way : step.at("ways")) {
      KnownWay read{way.at("kernel").get<std::string>(),
                    way.at("variant").get<std::string>(),
                    way.at("sparse").get<bool>(),
                    read_layouts(way.at("in"), in),
                    {},
                    way.at("seconds").get<double>()};
      read.out = read_layouts(Json::array({way.at("out")}), {layouts(program.steps[i].output)})[0];
      made.ways.push_back(std::move(read));
    }
    if (made.chosen >= made.ways.size()) throw BadInput("the way it chose is not among its ways");
    planned.steps.push_back(std::move(made));
  }
  for (const Json& line : json.at("route")) {
    RouteLine read;
    read.convert = line.contains("convert");
    if (read.convert) {
      read.value = line.at("convert").get<std::size_t>();
      if (read.value >= program.values.size()) throw BadInput("it converts what the network does not have");
      read.from = read_layouts(Json::array({line.at("from")}), {layouts(read.value)})[0];
      read.to = read_layouts(Json::array({line.at("to")}), {layouts(read.value)})[0];
    } else {
      read.step = line.at("step").get<std::size_t>();
    }
    planned.route.push_back(read);
  }
  check_route(program, planned);
  return planned;
}

}  // namespace

std::string piece_name(std::int64_t images, std::int64_t batch) {
  if (images == batch) return fmt::format("{}, one thread", kSparsePlan);
  return fmt::format("{}, {} images at a time", kSparsePlan, images);
}

std::string plan_key(const SlimNetwork& slim, const PlanOptions& options) {
  Sha256 digest;
  digest.add(to_json(slim.network));
  for (const auto& [name, tensor] : slim.tensors) {
    digest.add(name);
    digest.add(tensor.bytes.data(), tensor.bytes.size());
  }
  const Machine machine = this_machine();
  return fmt::format("coppice {}; {}, {} cores, {}; {} threads; batch {}; {}{}", kVersion, machine.cpu,
                     machine.usable_cores, kernels::isa_name(kernels::isa()), options.threads, options.batch,
                     options.force_sparse ? "sparse forced; " : "", digest.hex());
}

std::string plan_to_json(const std::string& key, const Program& program, const Decision& decision) {
  Json json = {{"key", key}, {"runs", decision.runs}};
  for (const WholeWay& whole : decision.whole)
    json["whole"].push_back({{"name", whole.name}, {"seconds", whole.seconds}});
  json["routes"].push_back(route_to_json(program, decision));
  for (const PieceRoute& piece : decision.pieces) {
    json["routes"].push_back(route_to_json(program, piece));
    json["routes"].back()["images"] = piece.images;
  }
  return json.dump(1) + "\n";
}

Decision plan_from_json(std::string_view text, const std::string& key, const Program& program,
                        std::int64_t images) {
  try {
    const Json json = Json::parse(text);
    if (json.at("key").get<std::string>() != key)
      throw BadInput("it was made for other weights, settings or another machine");
    Decision decision;
    decision.runs = json.at("runs").get<std::string>();
    bool known = false;
    for (const Json& whole : json.at("whole")) {
      decision.whole.push_back({whole.at("name").get<std::string>(), whole.at("seconds").get<double>()});
      known |= decision.whole.back().name == decision.runs;
    }
    if (!known) throw BadInput(fmt::format("'{}' is none of its ways to run", decision.runs));
    const Json& routes = json.at("routes");
    static_cast<PlannedRoute&>(decision) = route_from_json(routes.at(0), program, images);
    for (std::size_t i = 1; i < routes.size(); ++i) {
      const auto piece = routes[i].at("images").get<std::int64_t>();
      if (piece < 1 || images % piece != 0)
        throw BadInput(fmt::format("pieces of {} do not make up {} images", piece, images));
      decision.pieces.push_back({route_from_json(routes[i], program, piece), piece});
    }
    return decision;
  } catch (const nlohmann::json::parse_error& error) {  // its text quotes the file, UTF-8 or not
    throw BadInput(fmt::format("byte {} is where it stops being JSON", error.byte));
  } catch (const nlohmann::json::exception& error) {
    throw BadInput(fmt::format("it is no plan: {}", error.what()));
  }
}

}  // namespace coppice
