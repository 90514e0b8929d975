#include "reproduce/measured.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/table.h"

namespace coppice {

namespace {

void add_levels(MeasuredCurve& curve, const std::vector<const LevelRecord*>& records) {
  std::map<std::int64_t, MeasuredPoint> levels;
  for (const LevelRecord* record : records) {
    MeasuredPoint& point = levels[record->level];
    point.density = record->density.of_prunable;
    point.accuracies.push_back(100 * record->final.test.accuracy());
  }
  for (const auto& [level, point] : levels) curve.points.push_back(point);
  std::stable_sort(curve.points.begin(), curve.points.end(),
                   [](const MeasuredPoint& a, const MeasuredPoint& b) { return a.density > b.density; });
}

/// How far apart two densities are, as a factor of at least 1.
double apart(double a, double b) {
  return a > 0 && b > 0 ? std::max(a / b, b / a) : std::numeric_limits<double>::infinity();
}

std::string cell(const std::vector<double>& accuracies) {
  const Sample sample = sample_of(accuracies);
  const auto interval = mean_interval(sample);
  return interval ? fmt::format("{:.2f} ± {:.2f}", sample.mean, interval->half_width())
                  : fmt::format("{:.2f}", sample.mean);
}

}  // namespace

void add_run(Measured& measured, const std::string& name, const std::vector<LevelRecord>& records,
             const std::vector<LevelRecord>& controls) {
  std::vector<double> dense;
  std::map<std::string, std::vector<const LevelRecord*>> curves;
  curves[name];
  for (const LevelRecord& record : records) {
    if (record.level == 0)
      dense.push_back(100 * record.final.test.accuracy());
    else
      curves[name].push_back(&record);
  }
  for (const LevelRecord& record : controls) curves[name + "/" + record.branch].push_back(&record);
  for (const auto& [curve, levels] : curves) {
    if (measured[curve].dense.empty()) measured[curve].dense = dense;
    add_levels(measured[curve], levels);
  }
}

const MeasuredPoint* point_at(const MeasuredCurve& curve, double density) {
  const double half_a_level = std::sqrt(1 / 0.8);
  const MeasuredPoint* nearest = nullptr;
  for (const MeasuredPoint& point : curve.points) {
    const double distance = apart(point.density, density);
    if (distance <= half_a_level && (!nearest || distance < apart(nearest->density, density)))
      nearest = &point;
  }
  return nearest;
}

double parting_density(const MeasuredCurve& curve) {
  double parting = 0;
  const Sample dense = sample_of(curve.dense);
  for (auto point = curve.points.rbegin(); point != curve.points.rend(); ++point) {
    const Sample here = sample_of(point->accuracies);
    if (std::min(here.count, dense.count) < kVerdictReplicates || welch_interval(here, dense)->high >= 0)
      break;
    parting = point->density;
  }
  return parting;
}

std::string accuracy_table(const Measured& measured) {
  std::vector<std::string> headers = {"kept %"};
  std::vector<double> densities;
  for (const auto& [name, curve] : measured) {
    headers.push_back(name);
    for (const MeasuredPoint& point : curve.points) densities.push_back(point.density);
  }
  std::sort(densities.rbegin(), densities.rend());
  // Runs that prune to the same density by other ways may differ by a few weights.
  const auto same = [](double a, double b) { return apart(a, b) < 1.01; };
  densities.erase(std::unique(densities.begin(), densities.end(), same), densities.end());
  Table table(headers);
  std::vector<std::string> dense = {"100.00"};
  for (const auto& [name, curve] : measured) dense.push_back(curve.dense.empty() ? "" : cell(curve.dense));
  table.add_row(dense);
  for (const double density : densities) {
    std::vector<std::string> row = {fmt::format("{:.2f}", 100 * density)};
    for (const auto& [name, curve] : measured) {
      const auto point = std::find_if(curve.points.begin(), curve.points.end(),
                                      [&](const MeasuredPoint& p) { return same(p.density, density); });
      row.push_back(point == curve.points.end() ? "" : cell(point->accuracies));
    }
    table.add_row(row);
  }
  return table.text();
}

}  // namespace coppice
