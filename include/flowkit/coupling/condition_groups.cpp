#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/coupling/condition_groups.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowkit {

template <class T>
void condition_groups::find(std::span<const T> conditions, index_t rows, index_t columns) {
  FLOWKIT_EXPECT(static_cast<index_t>(conditions.size()) == rows * columns);
  for (const T c : conditions) {
    FLOWKIT_VALIDATE(std::isfinite(c), "a condition is ", c,
                     ": groups of equal conditions need finite numbers");
  }
  const auto row = [&](row_t i) {
    return conditions.subspan(static_cast<std::size_t>(i * columns),
                              static_cast<std::size_t>(columns));
  };
  const auto before = [&](row_t a, row_t b) {
    return std::lexicographical_compare(row(a).begin(), row(a).end(), row(b).begin(), row(b).end());
  };
  order_.resize(static_cast<std::size_t>(rows));
  std::iota(order_.begin(), order_.end(), row_t{0});
  std::sort(order_.begin(), order_.end(),
            [&](row_t a, row_t b) { return before(a, b) || (!before(b, a) && a < b); });
  begin_.assign(1, 0);
  for (std::size_t i = 1; i < order_.size(); ++i) {
    if (before(order_[i - 1], order_[i])) begin_.push_back(static_cast<index_t>(i));
  }
  if (rows > 0) begin_.push_back(rows);
}

template void condition_groups::find(std::span<const float>, index_t, index_t);
template void condition_groups::find(std::span<const double>, index_t, index_t);

}  // namespace flowkit
