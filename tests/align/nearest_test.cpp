// Replacement by the nearest expert chunk, against a search over all of them in double.
#include <flowkit/align/nearest.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include "expert_fixture.hpp"

#include <cmath>
#include <limits>

namespace flowkit {
namespace {

using testing::elements;
using ::testing::HasSubstr;
using testing::message_of;

/// Random pairs and experts of any shape, as large as their spread is.
template <class B>
struct random_case {
  using T = typename B::value_type;

  B be;
  workspace<B> ws{be};
  tensor<B, 2> x1;
  tensor<B, 2> chunks;
  tensor<B, 2> condition;
  tensor<B, 2> features;
  tensor<B, 2> aligned;

  random_case(index_t pairs, index_t windows, index_t size, rng_key key)
      : x1(be, {pairs, size}),
        chunks(be, {windows, size}),
        condition(be, {pairs, 2}),
        features(be, {windows, 2}),
        aligned(be, {pairs, size}) {
    be.normal(x1.view(), key.split(0));
    be.normal(chunks.view(), key.split(1));
    be.normal(condition.view(), key.split(2));
    be.normal(features.view(), key.split(3));
  }

  alignment_report align(const nearest_alignment& by) {
    return by(be, {x1.view(), x1.view(), condition.view(), {}}, {chunks.view(), features.view()},
              aligned.view(), ws);
  }

  /// In double, one difference after the other.
  [[nodiscard]] double distance(index_t pair, index_t window) const {
    double squares = 0;
    for (index_t k = 0; k < x1.shape()[1]; ++k) {
      const double d =
          static_cast<double>(x1.view()(pair, k)) - static_cast<double>(chunks.view()(window, k));
      squares += d * d;
    }
    return std::sqrt(squares);
  }

  /// The lowest of the nearest windows.
  [[nodiscard]] index_t nearest(index_t pair) const {
    index_t best = 0;
    for (index_t w = 1; w < chunks.shape()[0]; ++w) {
      if (distance(pair, w) < distance(pair, best)) best = w;
    }
    return best;
  }
};

template <class T>
struct nearest_expert : ::testing::Test {};
using scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(nearest_expert, scalars);

// Windows are compared as they are, because rounding is far smaller than what tells them apart at
// these keys. Distances are of size sqrt(d), and 1e-5 and 1e-13 of that are about a hundred
// roundings in float and 500 in double: a search may form them from products.
TYPED_TEST(nearest_expert, replaces_by_the_nearest_of_all) {
  const double tolerance = std::is_same_v<TypeParam, float> ? 1e-5 : 1e-13;
  const extents<3> shapes[] = {{1, 1, 1}, {7, 1, 3}, {5, 40, 1}, {63, 65, 12}, {130, 257, 64}};
  for (const extents<3>& shape : shapes) {
    for (std::uint64_t key = 1; key <= 3; ++key) {
      SCOPED_TRACE(text("shape ", shape, ", key ", key));
      random_case<eigen<TypeParam>> c(shape[0], shape[1], shape[2], rng_key{key});

      const alignment_report report = c.align({});

      EXPECT_EQ(report.replaced, shape[0]);
      for (index_t i = 0; i < shape[0]; ++i) {
        const alignment_decision& d = report.decisions[static_cast<std::size_t>(i)];
        const index_t expected = c.nearest(i);
        EXPECT_EQ(d.window, expected) << "pair " << i;
        EXPECT_NEAR(d.distance, c.distance(i, expected),
                    tolerance * std::sqrt(static_cast<double>(shape[2])))
            << "pair " << i;
        EXPECT_EQ(elements(rows(c.aligned.view(), i, 1)),
                  elements(rows(c.chunks.view(), expected, 1)));
      }
    }
  }
}

TYPED_TEST(nearest_expert, takes_the_lower_row_of_equal_distances) {
  random_case<eigen<TypeParam>> c(4, 60, 3, rng_key{1});
  for (index_t w = 0; w < 60; ++w) {
    for (index_t k = 0; k < 3; ++k) c.chunks.view()(w, k) = w % 20 == 7 ? 1 : 9;
  }
  for (index_t i = 0; i < c.x1.size(); ++i) c.x1.view().data()[i] = 0;

  const alignment_report report = c.align({});

  for (const alignment_decision& d : report.decisions) EXPECT_EQ(d.window, 7);
}

// The distance of (0, 0) and (3, 4) is 5 in any arithmetic.
TYPED_TEST(nearest_expert, is_below_the_radius_and_not_at_it) {
  random_case<eigen<TypeParam>> c(1, 1, 2, rng_key{1});
  for (index_t k = 0; k < 2; ++k) c.x1.view()(0, k) = 0;
  c.chunks.view()(0, 0) = 3;
  c.chunks.view()(0, 1) = 4;

  const auto at = c.align({.radius = 5}).decisions[0];
  EXPECT_EQ(elements(c.aligned.view()), elements(c.x1.view()));
  const auto above = c.align({.radius = std::nextafter(5.0, 6.0)}).decisions[0];

  EXPECT_EQ(at.reason, alignment_reason::no_expert_action);
  EXPECT_EQ(at.distance, 5);
  EXPECT_EQ(above.reason, alignment_reason::replaced);
  EXPECT_EQ(elements(c.aligned.view()), elements(c.chunks.view()));
}

TYPED_TEST(nearest_expert, leaves_a_chunk_that_is_an_experts) {
  random_case<eigen<TypeParam>> c(3, 50, 8, rng_key{1});
  c.be.copy(rows(c.x1.view(), 1, 1), rows(std::as_const(c.chunks).view(), 31, 1));

  const alignment_report report = c.align({});

  EXPECT_EQ(report.replaced, 2);
  EXPECT_EQ(report.decisions[1].reason, alignment_reason::identical);
  EXPECT_EQ(report.decisions[1].window, 31);
  EXPECT_EQ(report.decisions[1].distance, 0);
}

// Observations have no say: that is what sets this operator apart from the selective one.
TYPED_TEST(nearest_expert, does_not_depend_on_conditions) {
  random_case<eigen<TypeParam>> c(20, 50, 4, rng_key{1});
  c.align({});
  const auto expected = elements(c.aligned.view());
  c.be.normal(c.condition.view(), rng_key{9});

  c.align({});

  EXPECT_EQ(elements(c.aligned.view()), expected);
}

TYPED_TEST(nearest_expert, replaces_nothing_within_radius_zero) {
  random_case<eigen<TypeParam>> c(20, 50, 4, rng_key{1});

  const alignment_report report = c.align({.radius = 0});

  EXPECT_EQ(report.replaced, 0);
  EXPECT_EQ(elements(c.aligned.view()), elements(c.x1.view()));
}

TYPED_TEST(nearest_expert, refuses_radii_that_are_no_distances) {
  random_case<eigen<TypeParam>> c(2, 2, 2, rng_key{1});
  const auto message = [&](double radius) {
    return message_of<invalid_input>([&] { c.align({.radius = radius}); });
  };

  EXPECT_THAT(message(-0.25), HasSubstr("radius -0.25: a distance is not negative"));
  EXPECT_THAT(message(std::numeric_limits<double>::quiet_NaN()), HasSubstr("radius nan"));
}

}  // namespace
}  // namespace flowkit
