#pragma once
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "base/paths.h"

namespace coppice {

using Json = nlohmann::ordered_json;

/// level.json, metrics.jsonl and ticket.json: to and from JSON.
Json to_json(const Evaluation& evaluation);
Evaluation evaluation_from_json(const Json& json);

/// `sha256`: by file name relative to the level's folder.
Json to_json(const LevelRecord& record, const Network& network,
             const std::map<std::string, std::string>& sha256);
/// Without masks, which are in a file of their own.
LevelRecord record_from_json(const Json& json);

/// [low, high], each multiplied by `scale`; null where there is none.
Json to_json(const std::optional<ConfidenceInterval>& interval, double scale = 1);
Json to_json(const Contest& contest);
Json to_json(const Ticket& ticket);
Ticket ticket_from_json(const Json& json);

/// A JSON file. Throws BadInput naming the file where it is not JSON.
Json read_json(const std::filesystem::path& path);

/// What a JSON file lacks or has of a wrong type becomes BadInput naming the file.
template <class Read>
auto reading(const std::filesystem::path& path, const Read& read) {
  try {
    return read(read_json(path));
  } catch (const nlohmann::json::exception& error) {
    throw BadInput(path.string() + ": not as Coppice writes it (" + error.what() +
                   "); restore the file, or remove its level's folder to train that level again");
  }
}

/// Evaluations of metrics.jsonl up to and including `last_step`; a torn last line (after a kill) is left out.
std::vector<Evaluation> read_metrics(const std::filesystem::path& path, std::int64_t last_step);

/// The files whose content every level.json vouches for, relative to the level's folder; snapshots come
/// besides.
std::vector<std::string> vouched_files(const std::string& branch, std::int64_t level);

}  // namespace coppice
