// Group normalisation: value against plain loops, derivatives against each other and differences.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::testing {
namespace {

struct norm_case {
  index_t groups;
  extents<3> shape;
};

std::vector<norm_case> norm_cases() {
  return {{8, {3, 16, 64}}, {1, {2, 5, 7}},  {7, {2, 9, 7}},   {2, {1, 1, 6}},
          {3, {0, 4, 6}},   {4, {5, 1, 36}}, {8, {2, 300, 40}}};
}

template <class Case>
class group_norm_conformance : public conformance<Case> {
 protected:
  using base = conformance<Case>;
  using typename base::element;
  static constexpr double epsilon = 1e-5;

  template <class F>
  void for_all(const F& f) {
    for (const norm_case& c : norm_cases()) {
      SCOPED_TRACE(text("groups ", c.groups, " shape ", c.shape));
      auto x = random_array(c.shape, 1);
      for (double& value : x.values) value = 3 + 2 * value;
      f(c.groups, x, random_array(extents<1>{c.shape[2]}, 2),
        random_array(extents<1>{c.shape[2]}, 3));
    }
  }

  normalised run(index_t groups, const host_array<3>& x, const host_array<1>& scale,
                 const host_array<1>& shift, double eps = epsilon) {
    auto y = nan_tensor(this->backend_, x.shape);
    auto mean = nan_tensor(this->backend_, extents<2>{x.shape[0], groups});
    auto inverse = nan_tensor(this->backend_, extents<2>{x.shape[0], groups});
    this->backend_.group_norm(
        fn::unchanged{}, groups, element(eps), on_backend(this->backend_, x).view(),
        on_backend(this->backend_, scale).view(), on_backend(this->backend_, shift).view(), {},
        y.view(), mean.view(), inverse.view());
    return {on_host(this->backend_, y), on_host(this->backend_, mean),
            on_host(this->backend_, inverse)};
  }

  host_array<3> tangent(index_t groups, const host_array<3>& x, const host_array<1>& scale,
                        const normalised& saved, const host_array<3>& dx) {
    auto dy = nan_tensor(this->backend_, x.shape);
    this->backend_.group_norm_jvp(groups, on_backend(this->backend_, x).view(),
                                  on_backend(this->backend_, scale).view(),
                                  on_backend(this->backend_, saved.mean).view(),
                                  on_backend(this->backend_, saved.inverse_deviation).view(),
                                  on_backend(this->backend_, dx).view(), dy.view());
    return on_host(this->backend_, dy);
  }

  struct gradient {
    host_array<3> dx;
    host_array<1> dscale;
    host_array<1> dshift;
  };

  /// dscale and dshift start at 1.
  gradient backward(index_t groups, const host_array<3>& x, const host_array<1>& scale,
                    const normalised& saved, const host_array<3>& dy) {
    auto dx = nan_tensor(this->backend_, x.shape);
    auto dscale = on_backend(this->backend_, host_array<1>(scale.shape, 1));
    auto dshift = on_backend(this->backend_, host_array<1>(scale.shape, 1));
    const auto factors = on_backend(this->backend_, scale);
    this->backend_.group_norm_backward(
        fn::unchanged{}, groups, on_backend(this->backend_, x).view(), factors.view(),
        factors.view(), on_backend(this->backend_, saved.mean).view(),
        on_backend(this->backend_, saved.inverse_deviation).view(), {},
        on_backend(this->backend_, dy).view(), dx.view(), dscale.view(), dshift.view(), {});
    return {on_host(this->backend_, dx), on_host(this->backend_, dscale),
            on_host(this->backend_, dshift)};
  }
};

TYPED_TEST_SUITE(group_norm_conformance, backend_cases, backend_case_names);

TYPED_TEST(group_norm_conformance, forward_and_statistics) {
  using scalar = typename TypeParam::backend::value_type;
  this->for_all([&](index_t groups, const auto& x, const auto& scale, const auto& shift) {
    const auto actual = this->run(groups, x, scale, shift);

    const auto expected = group_normalisation(groups, this->epsilon, x, scale, shift);
    // Rounding of the mean is magnified by the inverse deviation: up to about 300 where a group
    // holds one number only.
    const index_t terms = x.shape[1] * x.shape[2] / groups;
    const double bound = (terms == 1 ? 300 : 4) * rounding<scalar>(terms);
    expect_close(actual.mean, expected.mean, bound);
    expect_close(actual.inverse_deviation, expected.inverse_deviation, bound);
    expect_close(actual.y, expected.y, bound);
  });
}

TYPED_TEST(group_norm_conformance, a_mean_far_from_zero_costs_no_accuracy_of_the_deviation) {
  using scalar = typename TypeParam::backend::value_type;
  auto x = random_array(extents<3>{1, 64, 16}, 1);
  for (double& value : x.values) value = static_cast<double>(static_cast<float>(1000 + value));
  const host_array<1> ones(extents<1>{16}, 1);
  const host_array<1> zeros(extents<1>{16}, 0);

  const auto actual = this->run(2, x, ones, zeros);

  // The rounded mean is off by half a unit in the last place of 1000.
  const double bound = 1000 * static_cast<double>(std::numeric_limits<scalar>::epsilon());
  expect_close(actual.y, group_normalisation(2, this->epsilon, x, ones, zeros).y, bound);
}

TYPED_TEST(group_norm_conformance, invariant_to_input_scale) {
  using scalar = typename TypeParam::backend::value_type;
  const auto x = random_array(extents<3>{2, 12, 24}, 1);
  auto scaled = x;
  for (double& value : scaled.values) value *= 8;
  const auto scale = random_array(extents<1>{24}, 2);
  const auto shift = random_array(extents<1>{24}, 3);

  const auto small = this->run(4, x, scale, shift, 0);
  const auto large = this->run(4, scaled, scale, shift, 0);

  expect_close(large.y, small.y, rounding<scalar>(1));
}

TYPED_TEST(group_norm_conformance, tangent_and_backward_are_adjoint) {
  using scalar = typename TypeParam::backend::value_type;
  this->for_all([&](index_t groups, const auto& x, const auto& scale, const auto& shift) {
    const auto saved = group_normalisation(groups, this->epsilon, x, scale, shift);
    const auto dx = random_array(x.shape, 4);
    const auto dy = random_array(x.shape, 5);

    const auto forward = this->tangent(groups, x, scale, saved, dx);
    const auto back = this->backward(groups, x, scale, saved, dy);

    double size = 1;
    for (const double value : forward.values) size += std::abs(value);
    EXPECT_NEAR(inner(forward, dy), inner(back.dx, dx), size * 8 * rounding<scalar>(1));
  });
}

// Central differences of the reference, whose error at a step of 1e-5 is about 1e-9.
TYPED_TEST(group_norm_conformance, tangent_is_the_derivative) {
  using scalar = typename TypeParam::backend::value_type;
  this->for_all([&](index_t groups, const auto& x, const auto& scale, const auto& shift) {
    const auto saved = group_normalisation(groups, this->epsilon, x, scale, shift);
    const auto dx = random_array(x.shape, 4);
    const double step = 1e-5;
    const auto moved = [&](double by) {
      auto at = x;
      for (std::size_t i = 0; i < at.values.size(); ++i) at.values[i] += by * dx.values[i];
      return group_normalisation(groups, this->epsilon, at, scale, shift).y;
    };
    auto expected = moved(step);
    const auto before = moved(-step);
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      expected.values[i] = (expected.values[i] - before.values[i]) / (2 * step);
    }

    const auto actual = this->tangent(groups, x, scale, saved, dx);

    const index_t terms = x.shape[1] * x.shape[2] / groups;
    const bool single = terms == 1;
    expect_close(actual, expected, (single ? 1e-3 : 1e-7) + 30 * rounding<scalar>(terms));
  });
}

TYPED_TEST(group_norm_conformance, parameter_gradients_are_added) {
  using scalar = typename TypeParam::backend::value_type;
  this->for_all([&](index_t groups, const auto& x, const auto& scale, const auto& shift) {
    const auto saved = group_normalisation(groups, this->epsilon, x, scale, shift);
    const auto dy = random_array(x.shape, 5);

    const auto actual = this->backward(groups, x, scale, saved, dy);

    host_array<1> dscale(scale.shape, 1);
    host_array<1> dshift(scale.shape, 1);
    const index_t width = x.shape[2] / groups;
    for (index_t n = 0; n < x.shape[0]; ++n) {
      for (index_t p = 0; p < x.shape[1]; ++p) {
        for (index_t c = 0; c < x.shape[2]; ++c) {
          const double mean = saved.mean(n, c / width);
          dscale(c) += dy(n, p, c) * (x(n, p, c) - mean) * saved.inverse_deviation(n, c / width);
          dshift(c) += dy(n, p, c);
        }
      }
    }
    const double bound = 30 * rounding<scalar>(x.shape[0] * x.shape[1]);
    expect_close(actual.dscale, dscale, bound);
    expect_close(actual.dshift, dshift, bound);
  });
}

}  // namespace
}  // namespace flowkit::testing
