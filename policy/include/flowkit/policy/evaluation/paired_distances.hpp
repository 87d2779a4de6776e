// Two methods measured on the same windows: which one is nearer to the expert?
#pragma once

#include <flowkit/policy/evaluation/intervals.hpp>

#include <span>
#include <vector>

namespace flowkit::policy {

/// How the p value of a rank test is computed.
enum class rank_test_method {
  automatic,  ///< exact up to 200 pairs, normal beyond
  exact,      ///< all assignments of signs, ties of ranks included
  normal      ///< normal approximation with correction for ties, without one for continuity
};

/// Two-sided p value of Wilcoxon's signed-rank test that differences are symmetric around zero.
/// Zero differences are left out and ties share their mean rank; 1 if nothing is left.
/// Differences are finite; throws invalid_input otherwise, or for exact on more than 1000.
/// *Allocates*.
/// Source: F. Wilcoxon, Biometrics Bulletin 1 (1945), 80-83; W. J. Conover, Practical Nonparametric
/// Statistics, 3rd ed. (1999), section 5.7.
[[nodiscard]] double wilcoxon_signed_rank(std::span<const double> differences,
                                          rank_test_method method = rank_test_method::automatic);

/// Distances of a first and a second method over the same units, in the units of the distances.
struct paired_distances {
  index_t units = 0;
  index_t first_closer = 0;    ///< units in which the first distance is smaller
  index_t second_closer = 0;   ///< the rest are ties
  mean_estimate difference{};  ///< first less second: negative where the first is closer
  double wilcoxon_p = 1;
  double sign_p = 1;
};

/// Compares distances pair by pair. Both spans are equally long and finite; throws invalid_input
/// otherwise. The tests take units as independent: give windows of one episode as their mean (see
/// group_means), since windows that overlap repeat each other and make any difference significant.
[[nodiscard]] paired_distances compare_distances(std::span<const double> first,
                                                 std::span<const double> second);

/// Means of the values of equal groups, by ascending group; the values themselves if `groups` is
/// empty. Throws invalid_input if there are neither no groups nor one per value. *Allocates*.
[[nodiscard]] std::vector<double> group_means(std::span<const double> values,
                                              std::span<const index_t> groups);

}  // namespace flowkit::policy
