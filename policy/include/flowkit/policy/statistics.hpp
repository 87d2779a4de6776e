// What is known of the dimensions of demonstrated actions or states, gathered in one pass.
#pragma once

#include <flowkit/policy/units.hpp>

#include <vector>

namespace flowkit::policy {

/// Per dimension, over `count` rows. A plain value that policy files store as it is.
struct column_statistics {
  index_t count = 0;
  std::vector<double> minimum;
  std::vector<double> maximum;
  std::vector<double> mean;
  std::vector<double> deviation;  ///< root of the mean squared distance from the mean

  [[nodiscard]] index_t size() const { return static_cast<index_t>(minimum.size()); }
  friend bool operator==(const column_statistics&, const column_statistics&) = default;
};

/// Throws invalid_input unless all columns are equally many, finite, and min <= mean <= max.
void validate(const column_statistics& s);

/// Statistics of rows that arrive piece by piece; memory does not grow with them. Numbers are
/// added with Welford's update (1962), which does not cancel for large means.
class running_statistics {
 public:
  /// For rows of this many dimensions; 0 for a robot without a state.
  explicit running_statistics(index_t dimensions);

  /// Adds all rows; a row [k * D] counts as k rows of D dimensions. Throws invalid_input for other
  /// widths and for a number that is not finite or above largest_learnable, naming its row and
  /// dimension; nothing of that row is added then.
  template <class Kind, class T>
  void add(const quantity<Kind, physical, T>& rows) {
    add_rows(view<const std::remove_const_t<T>, 2, host_space>(rows.numbers()));
  }

  /// What is known so far. Throws invalid_input if nothing was added (and there are dimensions).
  [[nodiscard]] column_statistics result() const;

 private:
  void add_rows(const view<const float, 2, host_space>& rows);
  void add_rows(const view<const double, 2, host_space>& rows);
  template <class T>
  void add_all(const view<const T, 2, host_space>& rows);

  column_statistics sums_;  // deviation holds sums of squares until the end
};

}  // namespace flowkit::policy
