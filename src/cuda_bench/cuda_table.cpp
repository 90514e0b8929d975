#include "cuda_bench/cuda_table.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/table.h"
#include "base/text.h"
#include "cuda_bench/skew.h"
#include "measure/bench_shape.h"
#include "measure/figures.h"

namespace coppice {

using kernels::Precision;

namespace {

const KernelTime* fastest(const CudaCaseResult& result, bool own, bool sparse, Precision precision) {
  const auto found =  // they are sorted within a precision
      std::find_if(result.kernels.begin(), result.kernels.end(), [&](const KernelTime& time) {
        return time.own == own && time.sparse == sparse && time.precision == precision;
      });
  return found == result.kernels.end() ? nullptr : &*found;
}

std::string us(const KernelTime* time) {
  return time ? fmt::format("{:.4g}", 1e6 * time->seconds.median) : "-";
}
std::string us(const Interval& seconds) { return fmt::format("{:.4g}", 1e6 * seconds.median); }
std::string us(const TimeLimit& limit) { return fmt::format("{:.4g}", 1e6 * limit.seconds); }
std::string name(const KernelTime* time) {
  if (!time) return "-";
  return time->variant.empty() ? time->kernel : fmt::format("{} ({})", time->kernel, time->variant);
}
std::string factor(const std::optional<KernelRatio>& ratio) {
  return ratio ? factor_text(ratio->ratio) : "-";
}
std::string range(const std::optional<KernelRatio>& ratio) { return ratio ? range_text(ratio->ratio) : "-"; }

std::vector<std::string> what_cells(const CudaCaseResult& result) {
  const double size = static_cast<double>(result.what.shape.outputs * result.what.shape.columns());
  const std::string shape = shape_text(result.what.shape);
  return {result.what.mask == MaskPattern::kUniform ? shape : shape + " " + mask_name(result.what.mask),
          std::to_string(result.what.images), density_text(static_cast<double>(result.nonzeros) / size),
          kernels::precision_name(result.what.precision), cache_state_name(result.what.caches)};
}

std::string counted_text(const char* verdict, const std::map<std::pair<std::string, std::string>, int>& of) {
  std::string text;
  for (const auto& [what, times] : of)
    text += fmt::format("{}: {} in {} case{}: {}\n", verdict, what.first, times, times == 1 ? "" : "s",
                        what.second);
  return text;
}

/// Each reason once, with the kernels that gave it and how often.
std::string refusals_text(const std::vector<CudaCaseResult>& results) {
  std::map<std::pair<std::string, std::string>, int> counted;
  for (const CudaCaseResult& result : results) {
    for (const Absence& absence : result.refused) ++counted[{absence.kernel, absence.why}];
  }
  return counted_text("not timed", counted);
}

/// The same of our kernels that can serve none of a case's layouts.
std::string not_served_text(const std::vector<CudaCaseResult>& results) {
  std::map<std::pair<std::string, std::string>, int> counted;
  for (const CudaCaseResult& result : results) {
    for (const OwnPrediction& one : result.predictions) {
      if (!one.refusal.empty()) ++counted[{one.kernel, one.refusal}];
    }
  }
  return counted_text("not served", counted);
}

/// "scatter-mma 15.6 (shared memory) 2.16x, ..."
std::string predictions_text(const CudaCaseResult& result) {
  std::vector<std::string> texts;
  for (const OwnPrediction& one : result.predictions) {
    if (!one.refusal.empty()) continue;
    texts.push_back(one.limit ? fmt::format("{} {} ({}) {}", one.kernel, us(*one.limit), one.limit->resource,
                                            factor_text(result.predicted_speedup(*one.limit)))
                              : one.kernel);
  }
  return texts.empty() ? "-" : join(texts, ", ");
}

std::string wrong_text(const std::vector<CudaCaseResult>& results) {
  std::string text;
  for (const CudaCaseResult& result : results) {
    for (const Absence& absence : result.wrong)
      text += fmt::format("WRONG: {}: {} in {}: {}\n", result.what.text(), absence.kernel,
                          kernels::precision_name(absence.precision), absence.why);
  }
  return text;
}

std::string slowdowns_text(const std::vector<CudaCaseResult>& results) {
  std::set<std::string> reasons;
  int cases = 0;
  for (const CudaCaseResult& result : results) {
    const auto names =
        slowdowns(result.before.throttle_reasons.value_or(0) | result.after.throttle_reasons.value_or(0));
    reasons.insert(names.begin(), names.end());
    cases += !names.empty();
  }
  if (cases == 0) return "";
  return fmt::format("the GPU held its clocks down in {} of {} cases: {}\n", cases, results.size(),
                     join({reasons.begin(), reasons.end()}, ", "));
}

}  // namespace

std::string cuda_table(const std::vector<CudaCaseResult>& results) {
  Table table({"layer",
               "batch",
               "density",
               "in",
               "caches",
               "own kernel",
               "us",
               "sparse library",
               "us",
               "dense library",
               "us",
               "over sparse",
               "95%",
               "over dense",
               "95%",
               "limit",
               "attained",
               "dense bf16 us",
               "over dense fp32",
               "with conversions us"});
  for (const CudaCaseResult& result : results) {
    const Precision precision = result.what.precision;
    const KernelTime *own = fastest(result, true, true, precision),
                     *sparse = fastest(result, false, true, precision),
                     *dense = fastest(result, false, false, precision),
                     *bf16 = fastest(result, false, false, Precision::kBf16);
    std::vector<std::string> row = what_cells(result);
    for (const KernelTime* time : {own, sparse, dense}) {
      row.push_back(name(time));
      row.push_back(us(time));
    }
    row.insert(row.end(),
               {factor(result.against_sparse), range(result.against_sparse), factor(result.against_dense),
                range(result.against_dense), factor_text(result.limit_speedup()),
                own ? percent_text(own->attained) : "-", us(bf16), factor(result.against_fp32),
                result.own_with_conversions ? us(result.own_with_conversions->seconds) : "-"});
    table.add_row(std::move(row));
  }
  return "over sparse, over dense: the time of the best library kernel in the same precision over that of "
         "our "
         "best.\n"
         "limit: what a perfect sparse kernel would gain over a perfect dense one, launch on both sides; "
         "attained: our\n"
         "kernel's part of its own limit. cold: weights and activations come from memory, warm: from the "
         "cache.\nOf convolutions in bf16 over dense fp32: the best FP32 kernel's time, in another "
         "precision. "
         "with conversions:\nour kernel's and those of turning its input from plain order and its output "
         "back.\n\n" +
         table.text() + "\n" + skew_table(skew_ratios(results)) + wrong_text(results) +
         slowdowns_text(results) + refusals_text(results);
}

std::string cuda_limits_table(const std::vector<CudaCaseResult>& results) {
  Table table({"layer", "batch", "density", "in", "caches", "dense limit us", "set by", "sparse limit us",
               "set by", "limit", "own kernels: us, set by, over dense"});
  for (const CudaCaseResult& result : results) {
    std::vector<std::string> row = what_cells(result);
    row.insert(row.end(),
               {us(result.dense_limit), result.dense_limit.resource, us(result.sparse_limit),
                result.sparse_limit.resource, factor_text(result.limit_speedup()), predictions_text(result)});
    table.add_row(std::move(row));
  }
  return "The least that each can take, a launch included: a dense kernel, any sparse one, and of our "
         "kernels "
         "those that\nserve the case. limit: what a perfect sparse kernel would gain over a perfect dense "
         "one.\n\n" +
         table.text() + "\n" + not_served_text(results);
}

}  // namespace coppice
