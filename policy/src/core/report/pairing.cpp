#include "core/report/pairing.hpp"

#include <flowkit/core/assert.hpp>
#include <flowkit/core/text.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

/// Two evaluations that are paired.
struct partners {
  const evaluation_result* first;
  const evaluation_result* second;
};

const evaluation_result& result_of(const report_view& view, std::size_t number) {
  return view.run->evaluations[number];
}

/// A seed that is not known, of files of earlier versions, is no other one.
bool same_seed(const evaluation_result& a, const evaluation_result& b) {
  return !a.training_seed || !b.training_seed || *a.training_seed == *b.training_seed;
}

std::optional<partners> partners_of(const report_view& view, const method_row& first,
                                    const method_row& second) {
  for (const std::size_t i : first.evaluations) {
    for (const std::size_t j : second.evaluations) {
      const partners pair{&result_of(view, i), &result_of(view, j)};
      if (same_seed(*pair.first, *pair.second)) return pair;
    }
  }
  return std::nullopt;
}

/// "0 and 1", of evaluations that all know their seed.
std::string seeds_of(const report_view& view, const method_row& row) {
  std::string out;
  for (const std::size_t i : row.evaluations) {
    out += text(out.empty() ? "" : " and ", *result_of(view, i).training_seed);
  }
  return out;
}

bool outdated(const report_view& view, const evaluation_result& result) {
  const std::vector<std::string>& all = view.run->outdated;
  return std::find(all.begin(), all.end(), result.policy_hash) != all.end();
}

}  // namespace

std::string why_apart(const report_view& view, const method_row& first, const method_row& second) {
  const std::optional<partners> pair = partners_of(view, first, second);
  if (!pair) {
    return text(first.summary.label, " was trained with seed ", seeds_of(view, first), ", ",
                second.summary.label, " with ", seeds_of(view, second));
  }
  for (const evaluation_result* result : {pair->first, pair->second}) {
    if (outdated(view, *result)) {
      return text(label_of(*result), " was learnt from files that this run no longer holds");
    }
  }
  const std::string ways = ways_apart(*pair->first, *pair->second);
  return ways.empty() ? ways : "they were evaluated in different ways: " + ways;
}

method_comparison compared(const report_view& view, const method_row& first,
                           const method_row& second) {
  const std::optional<partners> pair = partners_of(view, first, second);
  FLOWKIT_EXPECT(pair.has_value());
  return compare_methods(*pair->first, *pair->second);
}

standing standing_of(const method_comparison& pair) {
  if (!pair.distances || pair.distances->difference.count < 2) return standing::unknown;
  const interval& range = pair.distances->difference.range;
  if (pair.distances->wilcoxon_p >= significant_p) return standing::not_told_apart;
  if (range.high < 0) return standing::closer;
  return range.low > 0 ? standing::farther : standing::not_told_apart;
}

}  // namespace flowkit::policy::detail
