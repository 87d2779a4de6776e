// Fields given by formulas: values, tangents by dual numbers, and what is refused.
#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/field/concepts.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::message_of;

constexpr auto generic = [](auto t, auto p) {
  using std::exp;
  using std::sin;
  return point{p[1] * exp(-t * p[0]), sin(p[0] * p[1]) + t, p[2] * p[0] / (1 + p[1] * p[1])};
};
constexpr auto floats_only = [](float t, point<2> p) { return point<2>{-p[1], (1 - t) * p[0]}; };

using generic_field = decltype(analytic_field<3>(generic));
using float_field = decltype(analytic_field<2>(floats_only));
static_assert(TangentField<generic_field, eigen<float>> && TangentField<generic_field, backend>);
static_assert(VelocityField<float_field, eigen<float>> && !TangentField<float_field, eigen<float>>);
static_assert(!VelocityField<float_field, backend>);
static_assert(PointField<generic_field, backend> && PointField<float_field, eigen<float>>);
static_assert(!SelectableField<generic_field, backend>);

TEST(analytic_field, evaluates_every_row_at_its_own_time) {
  eigen<float> be;
  const auto field = analytic_field<2>(floats_only);
  const auto t = testing::vector(be, std::vector<double>{0, 0.75});
  const auto x = testing::matrix(be, 2, std::vector<double>{1, 2, 3, 4});
  tensor<eigen<float>, 2> dx(be, x.shape());

  field(be, t.view(), x.view(), dx.view());

  EXPECT_EQ(testing::host(dx), (std::vector<double>{-2, 1, -4, 0.75}));
}

// Central differences of step 1e-6 are good to about 1e-9 here.
TEST(analytic_field, has_the_tangent_of_central_differences) {
  backend be;
  const auto field = analytic_field<3>(generic);
  const auto t = testing::vector(be, std::vector<double>{0.3, 1.2});
  const auto x = testing::matrix(be, 2, std::vector<double>{0.5, -1, 2, 1.5, 0.25, -0.75});
  const auto u = testing::matrix(be, 2, std::vector<double>{1, 0.5, -2, 0.1, 3, 1});
  tensor<backend, 2> dx(be, x.shape());
  tensor<backend, 2> du(be, x.shape());

  field.jvp(be, t.view(), x.view(), u.view(), dx.view(), du.view());

  const double h = 1e-6;
  for (index_t row = 0; row < 2; ++row) {
    const auto at = [&](double step) {
      point<3, double> p{};
      for (index_t i = 0; i < 3; ++i) {
        p[static_cast<std::size_t>(i)] = x.view()(row, i) + step * u.view()(row, i);
      }
      return field.at(t.view()(row), p);
    };
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(du.view()(row, i), (at(h)[i] - at(-h)[i]) / (2 * h), 1e-8);
      EXPECT_DOUBLE_EQ(dx.view()(row, i), at(0)[i]);
    }
  }
}

TEST(analytic_field, refuses_rows_of_another_width) {
  backend be;
  const auto field = analytic_field<3>(generic);
  const auto t = testing::vector(be, std::vector<double>{0});
  const auto x = testing::matrix(be, 1, std::vector<double>{1, 2});
  tensor<backend, 2> dx(be, x.shape());

  EXPECT_THAT(message_of<invalid_input>([&] { field(be, t.view(), x.view(), dx.view()); }),
              HasSubstr("dimension 3 was given a state of shape [1, 2]"));
  EXPECT_THROW(field.jvp(be, t.view(), x.view(), x.view(), dx.view(), dx.view()), invalid_input);
}

TEST(analytic_field, refuses_times_velocities_and_tangents_that_do_not_fit) {
  backend be;
  const auto field = analytic_field<3>(generic);
  const auto one = testing::vector(be, std::vector<double>{0});
  const auto four = testing::vector(be, std::vector<double>{0, 0, 0, 0});
  tensor<backend, 2> x(be, {4, 3});
  tensor<backend, 2> y(be, {4, 3});
  tensor<backend, 2> few(be, {3, 3});

  EXPECT_THAT(message_of<invalid_input>([&] { field(be, one.view(), x.view(), y.view()); }),
              HasSubstr("given 1 times for a state of shape [4, 3]"));
  EXPECT_THAT(message_of<invalid_input>([&] { field(be, four.view(), x.view(), few.view()); }),
              HasSubstr("of shape [3, 3] for a state of shape [4, 3]"));
  EXPECT_THROW(field.jvp(be, four.view(), x.view(), few.view(), y.view(), y.view()), invalid_input);
  EXPECT_THROW(field.jvp(be, four.view(), x.view(), x.view(), y.view(), few.view()), invalid_input);
}

/// Every other row of a matrix of twice as many.
template <class T>
view<T, 2, host_space> with_gaps(const view<T, 2, host_space>& v) {
  return {v.data(), extents{v.shape()[0] / 2, v.shape()[1]},
          extents{2 * v.strides()[0], index_t{1}}};
}

TEST(analytic_field, refuses_rows_with_gaps_between_them) {
  backend be;
  const auto field = analytic_field<3>(generic);
  const auto t = testing::vector(be, std::vector<double>{0, 0});
  tensor<backend, 2> x(be, {2, 3});
  tensor<backend, 2> y(be, {2, 3});
  tensor<backend, 2> large(be, {4, 3});
  const auto gaps = with_gaps(large.view());
  const auto refusal = [](const auto& call) { return message_of<invalid_input>(call); };
  const std::string what =
      "of shape [2, 3] has strides [6, 1]: its elements must lie one after the "
      "other; copy it into a tensor";

  EXPECT_THAT(refusal([&] { field(be, t.view(), gaps, y.view()); }),
              HasSubstr("the state of a field " + what));
  EXPECT_THAT(refusal([&] { field(be, t.view(), x.view(), gaps); }),
              HasSubstr("a velocity or tangent of a field " + what));
  EXPECT_THAT(refusal([&] { field.jvp(be, t.view(), x.view(), gaps, y.view(), y.view()); }),
              HasSubstr(what));
  EXPECT_THAT(refusal([&] { field.jvp(be, t.view(), x.view(), x.view(), y.view(), gaps); }),
              HasSubstr(what));
}

}  // namespace
}  // namespace flowkit
