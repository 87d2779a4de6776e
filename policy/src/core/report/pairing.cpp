#include "core/report/pairing.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

const evaluation_result& result_of(const report_view& view, const method_row& row) {
  return view.run->evaluations[row.evaluations.front()];
}

bool outdated(const report_view& view, const method_row& row) {
  const std::vector<std::string>& all = view.run->outdated;
  return std::find(all.begin(), all.end(), result_of(view, row).policy_hash) != all.end();
}

}  // namespace

std::string why_apart(const report_view& view, const method_row& first, const method_row& second) {
  for (const method_row* row : {&first, &second}) {
    if (outdated(view, *row)) {
      return text(row->summary.label, " was learnt from files that this run no longer holds");
    }
  }
  const std::string ways = ways_apart(result_of(view, first), result_of(view, second));
  return ways.empty() ? ways : "they were evaluated in different ways: " + ways;
}

method_comparison compared(const report_view& view, const method_row& first,
                           const method_row& second) {
  return compare_methods(result_of(view, first), result_of(view, second));
}

standing standing_of(const method_comparison& pair) {
  if (!pair.distances || pair.distances->difference.count < 2) return standing::unknown;
  const interval& range = pair.distances->difference.range;
  if (pair.distances->wilcoxon_p >= significant_p) return standing::not_told_apart;
  if (range.high < 0) return standing::closer;
  return range.low > 0 ? standing::farther : standing::not_told_apart;
}

}  // namespace flowkit::policy::detail
