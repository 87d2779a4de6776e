// Max pooling: values, chosen pixels, ties, padding, and the two linear passes.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

struct pooling_case {
  convolution_geometry geometry;
  extents<4> image;
};

std::vector<pooling_case> pooling_cases() {
  return {{{{3, 3}, {2, 2}, {1, 1}}, {2, 9, 8, 20}}, {{{2, 2}, {2, 2}, {0, 0}}, {1, 4, 6, 3}},
          {{{1, 3}, {1, 2}, {0, 1}}, {3, 1, 11, 5}}, {{{1, 1}, {1, 1}, {0, 0}}, {1, 2, 3, 17}},
          {{{3, 2}, {1, 3}, {2, 1}}, {2, 1, 1, 4}},  {{{3, 3}, {2, 2}, {1, 1}}, {0, 9, 8, 4}}};
}

template <class Case>
class pooling_conformance : public conformance<Case> {
 protected:
  template <class F>
  void for_all(const F& f) {
    for (const pooling_case& c : pooling_cases()) {
      SCOPED_TRACE(text("kernel ", c.geometry.kernel, " stride ", c.geometry.stride, " padding ",
                        c.geometry.padding, " image ", c.image));
      f(c.geometry, random_array(c.image, 1));
    }
  }

  pooled run(const convolution_geometry& g, const host_array<4>& x) {
    auto& be = this->backend_;
    const extents<4> shape = g.output(x.shape, x.shape[3]);
    auto y = nan_tensor(be, shape);
    auto index = on_backend_as<row_t>(be, host_array<4>(shape, -1));
    be.max_pool(g, on_backend(be, x).view(), y.view(), index.view());
    return {on_host(be, y), on_host(be, index)};
  }

  host_array<4> backward(const host_array<4>& index, const host_array<4>& dy,
                         const extents<4>& image) {
    auto& be = this->backend_;
    auto dx = nan_tensor(be, image);
    const auto chosen = on_backend_as<row_t>(be, index);
    be.max_pool_backward(chosen.view(), on_backend(be, dy).view(), dx.view());
    return on_host(be, dx);
  }

  host_array<4> tangent(const host_array<4>& index, const host_array<4>& dx) {
    auto& be = this->backend_;
    auto dy = nan_tensor(be, index.shape);
    const auto chosen = on_backend_as<row_t>(be, index);
    be.max_pool_jvp(chosen.view(), on_backend(be, dx).view(), dy.view());
    return on_host(be, dy);
  }
};

TYPED_TEST_SUITE(pooling_conformance, backend_cases, backend_case_names);

// Nothing is computed, so everything is exact.
TYPED_TEST(pooling_conformance, value_and_index) {
  this->for_all([&](const auto& g, const auto& x) {
    const auto actual = this->run(g, x);

    const auto expected = max_pooling(g, x);
    EXPECT_EQ(actual.y.values, expected.y.values);
    EXPECT_EQ(actual.index.values, expected.index.values);
  });
}

TYPED_TEST(pooling_conformance, ties_go_to_the_first_position) {
  const convolution_geometry g{{2, 2}, {1, 1}, {1, 1}};
  const host_array<4> x(extents<4>{1, 3, 3, 19}, 5);

  const auto actual = this->run(g, x);

  EXPECT_EQ(actual.index.values, max_pooling(g, x).index.values);
  EXPECT_EQ(actual.index(0, 0, 0, 0), 0);
  EXPECT_EQ(actual.index(0, 1, 1, 18), 0);
  EXPECT_EQ(actual.index(0, 3, 3, 7), 8);
}

TYPED_TEST(pooling_conformance, padding_never_wins_against_negative_pixels) {
  const convolution_geometry g{{3, 3}, {2, 2}, {1, 1}};
  const host_array<4> x(extents<4>{1, 4, 4, 3}, -7);

  EXPECT_EQ(this->run(g, x).y.values, std::vector<double>(12, -7));
}

TYPED_TEST(pooling_conformance, infinities_and_not_a_number) {
  const double infinity = std::numeric_limits<double>::infinity();
  const convolution_geometry g{{1, 2}, {1, 2}, {0, 0}};
  host_array<4> x(extents<4>{1, 1, 4, 1}, -infinity);
  x(0, 0, 3, 0) = std::numeric_limits<double>::quiet_NaN();

  const auto actual = this->run(g, x);

  EXPECT_EQ(actual.y(0, 0, 0, 0), -infinity);
  EXPECT_EQ(actual.index(0, 0, 0, 0), 0);
  EXPECT_TRUE(std::isnan(actual.y(0, 0, 1, 0)));
}

TYPED_TEST(pooling_conformance, tangent_takes_the_chosen_pixels) {
  this->for_all([&](const auto& g, const auto& x) {
    const auto dx = random_array(x.shape, 2);
    const auto index = max_pooling(g, x).index;

    const auto actual = this->tangent(index, dx);

    host_array<4> expected(index.shape);
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      const auto at = static_cast<index_t>(i);
      const index_t pixel = static_cast<index_t>(index.values[i]);
      const index_t image = at / (index.shape[1] * index.shape[2] * index.shape[3]);
      expected.values[i] = dx(image, pixel / x.shape[2], pixel % x.shape[2], at % index.shape[3]);
    }
    EXPECT_EQ(actual.values, expected.values);
  });
}

TYPED_TEST(pooling_conformance, backward_is_the_adjoint_of_the_tangent) {
  using scalar = typename TypeParam::backend::value_type;
  this->for_all([&](const auto& g, const auto& x) {
    const auto index = max_pooling(g, x).index;
    const auto dx = random_array(x.shape, 2);
    const auto dy = random_array(index.shape, 3);

    const auto forward = this->tangent(index, dx);
    const auto back = this->backward(index, dy, x.shape);

    EXPECT_NEAR(inner(forward, dy), inner(back, dx), rounding<scalar>(size_of(x.shape)));
  });
}

}  // namespace
}  // namespace flowkit::testing
