// Two methods on the same episodes: who succeeds where the other fails, and is that chance?
#pragma once

#include <flowkit/policy/evaluation/intervals.hpp>

namespace flowkit::policy {

/// Episodes with equal seeds under a first and a second method, by outcome.
struct paired_outcomes {
  index_t both = 0;
  index_t only_first = 0;
  index_t only_second = 0;
  index_t neither = 0;

  [[nodiscard]] index_t episodes() const noexcept {
    return both + only_first + only_second + neither;
  }
  /// Success of the first less success of the second, in [-1, 1]; NaN without episodes.
  [[nodiscard]] double difference() const noexcept;
  friend bool operator==(const paired_outcomes&, const paired_outcomes&) = default;
};

/// Exact two-sided p value of McNemar's test: if the methods were equally good, an episode that
/// only one of them solves would be the first's or the second's with probability 1/2 each.
/// p = min(1, 2 P(X <= min(only_first, only_second))), X binomial. 1 without such episodes.
/// Source: Q. McNemar, Psychometrika 12 (1947), 153-157; exact form: F. Mosteller, Biometrics 8
/// (1952), 220-226.
[[nodiscard]] double mcnemar_exact(const paired_outcomes& outcomes);

/// Interval of the difference of two paired proportions, first less second: both Wilson intervals,
/// combined with the correlation of the pairs. [-1, 1] without episodes.
/// Throws invalid_input for negative counts, or unless 0 < confidence < 1.
/// Source: R. G. Newcombe, Statistics in Medicine 17 (1998), 2635-2650, method 10.
[[nodiscard]] interval newcombe_interval(const paired_outcomes& outcomes, double confidence = 0.95);

/// Two-sided p value of a fair coin that shows one side `first` times and the other `second` times:
/// the sign test, and what McNemar's test reduces to. Throws invalid_input for negative counts.
[[nodiscard]] double sign_test(index_t first, index_t second);

}  // namespace flowkit::policy
