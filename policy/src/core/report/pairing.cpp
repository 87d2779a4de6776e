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

/// Numbers of evaluations of a run.
using numbers = std::vector<std::size_t>;

const evaluation_result& result_of(const report_view& view, std::size_t number) {
  return view.run->evaluations[number];
}

/// All pairs that may be of one training seed: those that are, then those of a seed that is not
/// known, of files of earlier versions, which is no other one.
std::vector<partners> candidates(const report_view& view, const numbers& first,
                                 const numbers& second) {
  std::vector<partners> exact;
  std::vector<partners> unknown;
  for (const std::size_t i : first) {
    for (const std::size_t j : second) {
      const partners pair{&result_of(view, i), &result_of(view, j)};
      const bool known = pair.first->training_seed && pair.second->training_seed;
      if (!known) unknown.push_back(pair);
      if (known && *pair.first->training_seed == *pair.second->training_seed) exact.push_back(pair);
    }
  }
  exact.insert(exact.end(), unknown.begin(), unknown.end());
  return exact;
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

/// Why two evaluations of one training seed are not compared; empty if they may be.
std::string why_apart(const report_view& view, const partners& pair) {
  for (const evaluation_result* result : {pair.first, pair.second}) {
    if (outdated(view, *result)) {
      return text(label_of(*result), " was learnt from files that this run no longer holds");
    }
  }
  const std::string ways = ways_apart(*pair.first, *pair.second);
  return ways.empty() ? ways : "they were evaluated in different ways: " + ways;
}

/// The first that may be compared, or else the first of all, which says why.
std::optional<partners> partners_of(const report_view& view, const numbers& first,
                                    const numbers& second) {
  const std::vector<partners> all = candidates(view, first, second);
  if (all.empty()) return std::nullopt;
  const auto fit = std::find_if(
      all.begin(), all.end(), [&](const partners& pair) { return why_apart(view, pair).empty(); });
  return fit == all.end() ? all.front() : *fit;
}

}  // namespace

std::string why_apart(const report_view& view, const method_row& first, const method_row& second) {
  const std::optional<partners> pair = partners_of(view, first.evaluations, second.evaluations);
  if (pair) return why_apart(view, *pair);
  return text(first.summary.label, " was trained with seed ", seeds_of(view, first), ", ",
              second.summary.label, " with ", seeds_of(view, second));
}

method_comparison compared(const report_view& view, const method_row& first,
                           const method_row& second) {
  const std::optional<partners> pair = partners_of(view, first.evaluations, second.evaluations);
  FLOWKIT_EXPECT(pair.has_value());
  return compare_methods(*pair->first, *pair->second);
}

std::optional<double> gap_closed(const report_view& view, const method_row& student,
                                 const method_row& plain, const method_row& teacher) {
  const auto alone = [](const evaluation_result* result) { return summarize({result, 1}); };
  const auto comparable = [&](const std::optional<partners>& pair) {
    return pair && why_apart(view, *pair).empty();
  };
  for (const std::size_t i : student.evaluations) {
    const auto with_plain = partners_of(view, {i}, plain.evaluations);
    const auto with_teacher = partners_of(view, {i}, teacher.evaluations);
    if (!comparable(with_plain) || !comparable(with_teacher)) continue;
    return policy::gap_closed(alone(with_plain->first), alone(with_plain->second),
                              alone(with_teacher->second));
  }
  return std::nullopt;
}

standing standing_of(const method_comparison& pair) {
  if (!pair.distances || pair.distances->difference.count < 2) return standing::unknown;
  const interval& range = pair.distances->difference.range;
  if (pair.distances->wilcoxon_p >= significant_p) return standing::not_told_apart;
  if (range.high < 0) return standing::closer;
  return range.low > 0 ? standing::farther : standing::not_told_apart;
}

}  // namespace flowkit::policy::detail
