// Elementwise passes: functors on every kind of view against the same functor on doubles.
#include "conformance.hpp"

#include <flowkit/core/text.hpp>
#include <flowkit/fn/kernels.hpp>

namespace flowkit::testing {
namespace {

template <class Case>
class elementwise_conformance : public conformance<Case> {
 protected:
  using base = conformance<Case>;
  using typename base::element;

  /// y = f(a) on one element, by the scalar code in double.
  template <class F>
  static double scalar_value(double a) {
    double y = 0;
    F{}(y, a);
    return y;
  }

  template <class F>
  void check_one_input(const char* name) {
    SCOPED_TRACE(name);
    for (const extents<2>& shape : {extents<2>{1, 1}, extents<2>{3, 5}, extents<2>{7, 129}}) {
      auto a = random_array(shape, 1);
      for (double& value : a.values) value *= 3;
      auto y = nan_tensor(this->backend_, shape);
      const auto input = on_backend(this->backend_, a);
      this->backend_.for_each(F{}, y.view(), input.view());
      auto expected = a;
      for (double& value : expected.values) value = scalar_value<F>(value);
      // The least accurate elementary function is erf in double: 20 epsilon near |x| = 3 in xsimd,
      // times x / 2 in gelu.
      expect_close(on_host(this->backend_, y), expected, rounding<element>(32));
    }
  }

  template <class F>
  void check_two_inputs(const char* name) {
    SCOPED_TRACE(name);
    const extents<2> shape{5, 67};
    auto a = random_array(shape, 1);
    const auto b = random_array(shape, 2);
    for (double& value : a.values) value *= 3;
    auto y = nan_tensor(this->backend_, shape);
    const auto left = on_backend(this->backend_, a);
    const auto right = on_backend(this->backend_, b);
    this->backend_.for_each(F{}, y.view(), left.view(), right.view());
    host_array<2> expected(shape);
    for (std::size_t i = 0; i < a.values.size(); ++i) {
      F{}(expected.values[i], a.values[i], b.values[i]);
    }
    expect_close(on_host(this->backend_, y), expected, rounding<element>(32));
  }
};

TYPED_TEST_SUITE(elementwise_conformance, backend_cases, backend_case_names);

TYPED_TEST(elementwise_conformance, activations) {
  this->template check_one_input<fn::pointwise_value<fn::relu>>("relu");
  this->template check_one_input<fn::pointwise_value<fn::tanh>>("tanh");
  this->template check_one_input<fn::pointwise_value<fn::silu>>("silu");
  this->template check_one_input<fn::pointwise_value<fn::mish>>("mish");
  this->template check_one_input<fn::pointwise_value<fn::gelu>>("gelu");
}

TYPED_TEST(elementwise_conformance, slopes_of_activations) {
  this->template check_two_inputs<fn::pointwise_product<fn::relu>>("relu");
  this->template check_two_inputs<fn::pointwise_product<fn::tanh>>("tanh");
  this->template check_two_inputs<fn::pointwise_product<fn::silu>>("silu");
  this->template check_two_inputs<fn::pointwise_product<fn::mish>>("mish");
  this->template check_two_inputs<fn::pointwise_product<fn::gelu>>("gelu");
}

TYPED_TEST(elementwise_conformance, arithmetic) {
  this->template check_one_input<fn::assign>("assign");
  this->template check_two_inputs<fn::sum_of>("sum_of");
  this->template check_two_inputs<fn::difference_of>("difference_of");
  this->template check_two_inputs<fn::product_of>("product_of");
}

// Far from 0 activations are 0 or x itself; nothing may overflow to NaN on the way.
TYPED_TEST(elementwise_conformance, activations_of_huge_inputs_are_finite) {
  auto& be = this->backend_;
  host_array<1> x(extents<1>{4});
  x.values = {-1e4, -200, 200, 1e4};
  const auto input = on_backend(be, x);
  auto y = nan_tensor(be, x.shape);

  const auto expect_ramp = [&](auto functor) {
    be.for_each(functor, y.view(), input.view());
    host_array<1> ramp(x.shape);
    ramp.values = {0, 0, 200, 1e4};
    expect_close(on_host(be, y), ramp, 1e-6);
  };
  expect_ramp(fn::pointwise_value<fn::silu>{});
  expect_ramp(fn::pointwise_value<fn::mish>{});
  expect_ramp(fn::pointwise_value<fn::gelu>{});
  expect_ramp(fn::pointwise_value<fn::relu>{});
}

TYPED_TEST(elementwise_conformance, parameters_of_functors) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  const auto x = random_array(extents<1>{133}, 1);
  const auto input = on_backend(be, x);
  auto y = on_backend(be, x);

  be.for_each(fn::affine<scalar>{scalar(0.5), scalar(-2)}, y.view(), input.view());
  be.for_each(fn::axpy<scalar>{scalar(4)}, y.view(), input.view());

  auto expected = x;
  for (double& value : expected.values) value = 0.5 * value - 2 + 4 * value;
  expect_close(on_host(be, y), expected, rounding<scalar>(1));
}

TYPED_TEST(elementwise_conformance, broadcast_over_every_axis) {
  using scalar = typename TypeParam::backend::value_type;
  auto& be = this->backend_;
  const auto x = random_array(extents<3>{4, 5, 19}, 1);
  const auto scale = random_array(extents<2>{4, 19}, 2);
  const auto number = random_array(extents<0>{}, 3);
  const auto input = on_backend(be, x);
  const auto factor = on_backend(be, scale);
  const auto shift = on_backend(be, host_array<1>(extents<1>{1}, number.values[0]));
  auto y = nan_tensor(be, x.shape);

  be.for_each(fn::multiply_add{}, y.view(), input.view(), repeat_middle(factor.view(), 5),
              repeat_scalar(reshape(shift.view(), extents<0>{}), x.shape));

  host_array<3> expected(x.shape);
  for (index_t n = 0; n < 4; ++n) {
    for (index_t p = 0; p < 5; ++p) {
      for (index_t c = 0; c < 19; ++c) {
        expected(n, p, c) = x(n, p, c) * scale(n, c) + number.values[0];
      }
    }
  }
  expect_close(on_host(be, y), expected, rounding<scalar>(1));
}

TYPED_TEST(elementwise_conformance, a_column_repeated_over_columns) {
  auto& be = this->backend_;
  const auto x = random_array(extents<1>{23}, 1);
  const auto input = on_backend(be, x);
  auto y = nan_tensor(be, extents<2>{23, 37});

  be.for_each(fn::assign{}, y.view(), repeat_columns(input.view(), 37));

  const auto actual = on_host(be, y);
  for (index_t i = 0; i < 23; ++i) {
    for (index_t c = 0; c < 37; ++c) ASSERT_EQ(actual(i, c), x(i));
  }
}

TYPED_TEST(elementwise_conformance, output_may_be_the_input) {
  auto& be = this->backend_;
  const auto x = random_array(extents<2>{300, 100}, 1);
  auto y = on_backend(be, x);

  be.for_each(fn::sum_of{}, y.view(), std::as_const(y).view(), std::as_const(y).view());

  auto expected = x;
  for (double& value : expected.values) value *= 2;
  EXPECT_EQ(on_host(be, y).values, expected.values);
}

TYPED_TEST(elementwise_conformance, lambdas_run_where_the_host_can_read) {
  using scalar = typename TypeParam::backend::value_type;
  if constexpr (std::same_as<typename TypeParam::backend::space, host_space>) {
    auto& be = this->backend_;
    const auto x = random_array(extents<2>{5, 7}, 1);
    const auto input = on_backend(be, x);
    auto y = nan_tensor(be, x.shape);

    be.for_each([](scalar& out, scalar in) { out = in < 0 ? scalar(-1) : scalar(1); }, y.view(),
                input.view());

    auto expected = x;
    for (double& value : expected.values) value = value < 0 ? -1 : 1;
    EXPECT_EQ(on_host(be, y).values, expected.values);
  }
}

}  // namespace
}  // namespace flowkit::testing
