#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/paired_distances.hpp>
#include <flowkit/policy/evaluation/paired_outcomes.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace flowkit::policy {
namespace {

constexpr index_t exact_up_to = 200;  // pairs, when the choice is ours: a millisecond
constexpr index_t exact_limit = 1000;

/// Ranks of the magnitudes, doubled so that mean ranks of ties are integers, and what ties cost.
struct doubled_ranks {
  std::vector<index_t> ranks;
  index_t positive = 0;       // sum over the positive differences
  double tie_correction = 0;  // sum of t^3 - t over groups of t ties
};

std::vector<double> without_zeros(std::span<const double> differences) {
  std::vector<double> out;
  for (const double difference : differences) {
    FLOWKIT_VALIDATE(std::isfinite(difference), "the difference ", difference,
                     " has no rank: leave out pairs that were not measured");
    if (difference != 0) out.push_back(difference);
  }
  return out;
}

doubled_ranks rank(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  doubled_ranks out;
  const std::size_t n = differences.size();
  for (std::size_t begin = 0, end = 0; begin < n; begin = end) {
    while (end < n && std::abs(differences[end]) == std::abs(differences[begin])) ++end;
    const auto ties = static_cast<double>(end - begin);
    out.tie_correction += ties * ties * ties - ties;
    const auto doubled = static_cast<index_t>(begin + 1 + end);  // twice the mean of begin+1..end
    for (std::size_t i = begin; i < end; ++i) {
      out.ranks.push_back(doubled);
      if (differences[i] > 0) out.positive += doubled;
    }
  }
  return out;
}

/// Share of all assignments of signs whose positive sum is at most `least`.
double exact_tail(const std::vector<index_t>& ranks, index_t least) {
  // probability[s]: of the sum s after some ranks, each of which counts with probability 1/2.
  std::vector<double> probability(static_cast<std::size_t>(least) + 1, 0);
  probability[0] = 1;
  for (const index_t rank : ranks) {
    for (index_t sum = least; sum >= 0; --sum) {
      const double without = probability[static_cast<std::size_t>(sum)];
      const double with = sum >= rank ? probability[static_cast<std::size_t>(sum - rank)] : 0;
      probability[static_cast<std::size_t>(sum)] = (without + with) / 2;
    }
  }
  return std::accumulate(probability.begin(), probability.end(), 0.0);
}

double normal_p(const doubled_ranks& ranked, index_t least) {
  const auto n = static_cast<double>(ranked.ranks.size());
  const double mean = n * (n + 1) / 4;
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranked.tie_correction / 48;
  const double z = (mean - static_cast<double>(least) / 2) / std::sqrt(variance);
  return 2 * normal_upper_tail(z);
}

}  // namespace

double wilcoxon_signed_rank(std::span<const double> differences, rank_test_method method) {
  const doubled_ranks ranked = rank(without_zeros(differences));
  const auto n = static_cast<index_t>(ranked.ranks.size());
  FLOWKIT_VALIDATE(method != rank_test_method::exact || n <= exact_limit, "an exact test of ", n,
                   " pairs is too expensive; the normal approximation is exact enough beyond ",
                   exact_limit);
  if (n == 0) return 1;
  const index_t least = std::min(ranked.positive, n * (n + 1) - ranked.positive);
  const bool exact = method == rank_test_method::exact ||
                     (method == rank_test_method::automatic && n <= exact_up_to);
  const double p = exact ? 2 * exact_tail(ranked.ranks, least) : normal_p(ranked, least);
  return std::min(1.0, p);
}

paired_distances compare_distances(std::span<const double> first, std::span<const double> second) {
  FLOWKIT_VALIDATE(first.size() == second.size(), first.size(), " and ", second.size(),
                   " distances cannot be paired: measure both methods on the same windows");
  paired_distances out{.units = static_cast<index_t>(first.size())};
  std::vector<double> differences(first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    differences[i] = first[i] - second[i];
    out.first_closer += differences[i] < 0 ? 1 : 0;
    out.second_closer += differences[i] > 0 ? 1 : 0;
  }
  out.difference = estimate_mean(differences);
  out.wilcoxon_p = wilcoxon_signed_rank(differences);
  out.sign_p = sign_test(out.first_closer, out.second_closer);
  return out;
}

std::vector<double> group_means(std::span<const double> values, std::span<const index_t> groups) {
  if (groups.empty()) return {values.begin(), values.end()};
  FLOWKIT_VALIDATE(groups.size() == values.size(), values.size(), " values were given ",
                   groups.size(), " groups: give one group per value, or none");
  struct total {
    double sum = 0;
    double count = 0;
  };
  std::map<index_t, total> totals;
  for (std::size_t i = 0; i < values.size(); ++i) {
    total& of_group = totals[groups[i]];
    of_group.sum += values[i];
    of_group.count += 1;
  }
  std::vector<double> out;
  out.reserve(totals.size());
  for (const auto& entry : totals) out.push_back(entry.second.sum / entry.second.count);
  return out;
}

}  // namespace flowkit::policy
