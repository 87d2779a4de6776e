// The nearest reference in one space among those near in another, against a plain search.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

constexpr double none = std::numeric_limits<double>::infinity();

struct admitted {
  host_array<1> index;
  host_array<1> distance;
  host_array<1> feature_distance;
};

admitted nothing(index_t queries) {
  const extents<1> shape{queries};
  return {host_array<1>(shape, -1), host_array<1>(shape, none), host_array<1>(shape, none)};
}

double row_distance(const host_array<2>& a, index_t i, const host_array<2>& b, index_t j,
                    index_t first, index_t last) {
  double square = 0;
  for (index_t c = first; c < last; ++c) square += (a(i, c) - b(j, c)) * (a(i, c) - b(j, c));
  return std::sqrt(square);
}

/// Chunks of queries and references, then their features.
struct spaces {
  host_array<2> chunks;
  host_array<2> reference_chunks;
  host_array<2> features;
  host_array<2> reference_features;
};

admitted plain_search(const spaces& s, double radius, index_t steps) {
  admitted out = nothing(s.chunks.shape[0]);
  const index_t size = s.chunks.shape[1] / steps;
  for (index_t q = 0; q < s.chunks.shape[0]; ++q) {
    for (index_t r = 0; r < s.reference_chunks.shape[0]; ++r) {
      double mean = 0;
      for (index_t i = 0; i < steps; ++i) {
        mean += row_distance(s.chunks, q, s.reference_chunks, r, i * size, (i + 1) * size) /
                static_cast<double>(steps);
      }
      const double feature =
          row_distance(s.features, q, s.reference_features, r, 0, s.features.shape[1]);
      if (!(mean < radius) || !(feature < out.feature_distance(q))) continue;
      out.index(q) = static_cast<double>(r);
      out.distance(q) = mean;
      out.feature_distance(q) = feature;
    }
  }
  return out;
}

template <class Case>
class nearest_within_conformance : public conformance<Case> {
 protected:
  using typename conformance<Case>::element;

  admitted run(const spaces& s, double radius, index_t steps) {
    auto& be = this->backend_;
    const extents<1> shape{s.chunks.shape[0]};
    auto index = on_backend_as<row_t>(be, host_array<1>(shape, -7));
    auto distance = nan_tensor(be, shape);
    auto feature_distance = nan_tensor(be, shape);
    const auto chunks = on_backend(be, s.chunks);
    const auto reference_chunks = on_backend(be, s.reference_chunks);
    const auto features = on_backend(be, s.features);
    const auto reference_features = on_backend(be, s.reference_features);
    be.nearest_within(search_radius<element>{static_cast<element>(radius), steps}, chunks.view(),
                      reference_chunks.view(), features.view(), reference_features.view(),
                      index.view(), distance.view(), feature_distance.view());
    return {on_host(be, index), on_host(be, distance), on_host(be, feature_distance)};
  }

  void check(const spaces& s, double radius, index_t steps) {
    const admitted actual = run(s, radius, steps);

    const admitted expected = plain_search(s, radius, steps);
    EXPECT_EQ(actual.index.values, expected.index.values);
    // Both distances are sums of at most 100 squares, below a square root.
    for (index_t q = 0; q < s.chunks.shape[0]; ++q) {
      if (expected.index(q) < 0) {
        EXPECT_EQ(actual.distance(q), none);
        EXPECT_EQ(actual.feature_distance(q), none);
      } else {
        EXPECT_NEAR(actual.distance(q), expected.distance(q), 10 * rounding<element>(100));
        EXPECT_NEAR(actual.feature_distance(q), expected.feature_distance(q),
                    10 * rounding<element>(100));
      }
    }
  }
};

TYPED_TEST_SUITE(nearest_within_conformance, backend_cases, backend_case_names);

// No mean distance of these is within rounding of a radius, and no two features are equally far.
TYPED_TEST(nearest_within_conformance, some_all_or_no_reference_is_admissible) {
  const spaces s{random_array(extents<2>{37, 12}, 1), random_array(extents<2>{90, 12}, 2),
                 random_array(extents<2>{37, 33}, 3), random_array(extents<2>{90, 33}, 4)};
  for (const index_t steps : {1, 4, 12}) {
    for (const double radius : {0.01, 1.7, 2.4, 100.0}) {
      SCOPED_TRACE(text("steps ", steps, " radius ", radius));
      this->check(s, radius, steps);
    }
  }
}

// Whole numbers, so that features are exactly equal often.
TYPED_TEST(nearest_within_conformance, ties_go_to_the_lower_index) {
  spaces s{random_array(extents<2>{20, 4}, 1), random_array(extents<2>{150, 4}, 2),
           random_array(extents<2>{20, 2}, 3), random_array(extents<2>{150, 2}, 4)};
  for (host_array<2>* a : {&s.features, &s.reference_features}) {
    for (double& value : a->values) value = std::round(value);
  }
  this->check(s, 1.6, 2);
}

TYPED_TEST(nearest_within_conformance, no_references) {
  const spaces s{random_array(extents<2>{3, 4}, 1), host_array<2>(extents<2>{0, 4}),
                 random_array(extents<2>{3, 5}, 3), host_array<2>(extents<2>{0, 5})};

  EXPECT_EQ(this->run(s, 1, 2).index.values, std::vector<double>(3, -1));
}

}  // namespace
}  // namespace flowkit::testing
