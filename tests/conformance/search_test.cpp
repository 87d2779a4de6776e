// Nearest rows against a plain search: exact distances, order, ties to the lower index.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

#include <algorithm>
#include <numeric>

namespace flowkit::testing {
namespace {

struct found {
  host_array<2> index;
  host_array<2> distance;
};

found plain_search(const host_array<2>& queries, const host_array<2>& references, index_t k) {
  const extents<2> shape{queries.shape[0], k};
  found out{host_array<2>(shape), host_array<2>(shape)};
  const index_t count = references.shape[0];
  for (index_t q = 0; q < queries.shape[0]; ++q) {
    std::vector<double> squared(static_cast<std::size_t>(count));
    for (index_t r = 0; r < count; ++r) {
      for (index_t c = 0; c < queries.shape[1]; ++c) {
        const double difference = queries(q, c) - references(r, c);
        squared[static_cast<std::size_t>(r)] += difference * difference;
      }
    }
    std::vector<std::size_t> order(squared.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return squared[a] < squared[b]; });
    for (index_t i = 0; i < k; ++i) {
      const std::size_t row = order[static_cast<std::size_t>(i)];
      out.index(q, i) = static_cast<double>(row);
      out.distance(q, i) = squared[row];
    }
  }
  return out;
}

template <class Case>
class search_conformance : public conformance<Case> {
 protected:
  found run(const host_array<2>& queries, const host_array<2>& references, index_t k) {
    auto& be = this->backend_;
    const extents<2> shape{queries.shape[0], k};
    auto index = on_backend_as<row_t>(be, host_array<2>(shape, -1));
    auto distance = nan_tensor(be, shape);
    be.nearest(on_backend(be, queries).view(), on_backend(be, references).view(), index.view(),
               distance.view());
    return {on_host(be, index), on_host(be, distance)};
  }
};

TYPED_TEST_SUITE(search_conformance, backend_cases, backend_case_names);

TYPED_TEST(search_conformance, random_points) {
  using scalar = typename TypeParam::backend::value_type;
  for (const index_t k : {1, 3, 9}) {
    for (const index_t dimension : {1, 7, 33}) {
      SCOPED_TRACE(text("k ", k, " dimension ", dimension));
      const auto queries = random_array(extents<2>{45, dimension}, 1);
      const auto references = random_array(extents<2>{301, dimension}, 2);

      const found actual = this->run(queries, references, k);

      // Equal distances do not occur, and no two are closer than rounding at these sizes.
      const found expected = plain_search(queries, references, k);
      EXPECT_EQ(actual.index.values, expected.index.values);
      expect_close(actual.distance, expected.distance, rounding<scalar>(dimension));
    }
  }
}

// Whole numbers: every distance is exact in every precision, and many are equal.
TYPED_TEST(search_conformance, ties_go_to_the_lower_index) {
  auto queries = random_array(extents<2>{60, 3}, 1);
  auto references = random_array(extents<2>{500, 3}, 2);
  for (double& value : queries.values) value = std::round(value);
  for (double& value : references.values) value = std::round(value);

  // Backends may rank a few and many in different ways.
  for (const index_t k : {5, 32, 33, 150, 500}) {
    SCOPED_TRACE(text("k ", k));
    const found actual = this->run(queries, references, k);

    const found expected = plain_search(queries, references, k);
    EXPECT_EQ(actual.index.values, expected.index.values);
    EXPECT_EQ(actual.distance.values, expected.distance.values);
  }
}

TYPED_TEST(search_conformance, many_equal_rows_come_in_order) {
  const auto point = random_array(extents<2>{2, 5}, 1);
  host_array<2> references(extents<2>{1200, 5});
  for (index_t i = 0; i < 1200; ++i) {
    for (index_t c = 0; c < 5; ++c) references(i, c) = point(i % 3 == 0 ? 1 : 0, c);
  }

  for (const index_t k : {20, 40, 900}) {
    SCOPED_TRACE(text("k ", k));
    const found actual = this->run(point, references, k);

    EXPECT_EQ(actual.index.values, plain_search(point, references, k).index.values);
  }
}

// Far from 0 the expanded square of a distance is off by more than distances differ. On a grid of
// 1/64 differences and their squares are exact.
TYPED_TEST(search_conformance, neighbours_far_from_zero) {
  const auto far = [](const extents<2>& shape, std::uint32_t seed) {
    auto out = random_array(shape, seed);
    for (double& value : out.values) value = 200 + std::round(64 * value) / 64;
    return out;
  };
  const auto queries = far({60, 3}, 1);
  const auto references = far({1500, 3}, 2);

  for (const index_t k : {1, 20, 40, 150}) {
    SCOPED_TRACE(text("k ", k));
    const found actual = this->run(queries, references, k);

    const found expected = plain_search(queries, references, k);
    EXPECT_EQ(actual.index.values, expected.index.values);
    EXPECT_EQ(actual.distance.values, expected.distance.values);
  }
}

// The square of such a row is no number of the scalar, but differences from its like are.
TYPED_TEST(search_conformance, rows_whose_squares_overflow) {
  using scalar = typename TypeParam::backend::value_type;
  const double large = std::sqrt(static_cast<double>(std::numeric_limits<scalar>::max())) * 4;
  host_array<2> references(extents<2>{200, 2});
  for (index_t i = 0; i < 200; ++i) {
    const double step = std::ldexp(1.0, std::ilogb(large) - 12);
    references(i, 0) = std::ldexp(1.0, std::ilogb(large)) + static_cast<double>(200 - i) * step;
  }
  host_array<2> queries(extents<2>{1, 2});
  queries(0, 0) = std::ldexp(1.0, std::ilogb(large));

  for (const index_t k : {1, 20, 40}) {
    SCOPED_TRACE(text("k ", k));
    const found actual = this->run(queries, references, k);

    for (index_t i = 0; i < k; ++i) EXPECT_EQ(actual.index(0, i), static_cast<double>(199 - i));
  }
}

TYPED_TEST(search_conformance, more_neighbours_than_rows) {
  for (const index_t n : {0, 1, 30, 70}) {
    for (const index_t k : {5, 100}) {
      if (k <= n) continue;
      SCOPED_TRACE(text("n ", n, " k ", k));
      const auto queries = random_array(extents<2>{3, 4}, 1);
      const auto references = random_array(extents<2>{n, 4}, 2);
      const found actual = this->run(queries, references, k);

      const found expected = plain_search(queries, references, n);
      for (index_t q = 0; q < 3; ++q) {
        for (index_t i = 0; i < k; ++i) {
          EXPECT_EQ(actual.index(q, i), i < n ? expected.index(q, i) : -1);
          EXPECT_EQ(std::isinf(actual.distance(q, i)), i >= n);
        }
      }
    }
  }
}

TYPED_TEST(search_conformance, an_equal_row_is_at_distance_zero) {
  auto references = random_array(extents<2>{200, 12}, 2);
  for (double& value : references.values) value += 1000;
  host_array<2> queries(extents<2>{50, 12});
  std::copy_n(references.values.begin(), queries.values.size(), queries.values.begin());

  const found actual = this->run(queries, references, 1);

  EXPECT_EQ(actual.index.values, plain_search(queries, references, 1).index.values);
  EXPECT_EQ(actual.distance.values, std::vector<double>(50, 0));
}

TYPED_TEST(search_conformance, no_queries) {
  EXPECT_TRUE(this->run(host_array<2>(extents<2>{0, 4}), random_array(extents<2>{5, 4}, 1), 2)
                  .index.values.empty());
}

}  // namespace
}  // namespace flowkit::testing
