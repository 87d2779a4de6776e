// Laws that every velocity field obeys.
#include "support/batch.hpp"

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/field/conditioned.hpp>
#include <flowkit/field/counted.hpp>
#include <flowkit/field/joined.hpp>
#include <flowkit/field/network_field.hpp>
#include <flowkit/nn/mlp_field.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace flowkit {
namespace {

using backend = eigen<double>;

constexpr index_t samples = 5;
constexpr index_t width = 4;

/// What the fields under test refer to.
struct parts {
  backend be;
  workspace<backend> ws{be};
  parameter_layout layout;
  tensor<backend, 2> conditions{be, {samples, 3}};

  parts() { be.normal(conditions.view(), rng_key{1}); }
};

constexpr auto swirl = [](auto t, auto p) {
  return point{t * p[1], p[2] - p[0] * p[3], t + p[3], p[0] * p[1]};
};

struct formula {
  explicit formula(parts&) {}
  decltype(analytic_field<width>(swirl)) field = analytic_field<width>(swirl);
};

struct formula_in_lanes {
  explicit formula_in_lanes(parts&) {}
  decltype(analytic_field<width>(branch_free{swirl})) field =
      analytic_field<width>(branch_free{swirl});
};

struct joined_pairs {
  explicit joined_pairs(parts& p) : field(single, 2, p.ws) {}
  static constexpr auto spiral = [](auto t, auto p) { return point{t * p[1], p[0] * p[1]}; };
  static constexpr auto single = analytic_field<2>(spiral);
  joined<decltype(analytic_field<2>(spiral)), backend> field;
};

struct counted_formula {
  explicit counted_formula(parts&) {}
  decltype(counted(analytic_field<width>(swirl))) field = counted(analytic_field<width>(swirl));
};

template <index_t Condition>
auto field_of(const mlp_field<>& net, parameter_store<backend>& store, parts& p) {
  network_field field(net, store.view(), p.ws);
  if constexpr (Condition == 0) {
    return field;
  } else {
    return conditioned(p.be, field, std::as_const(p.conditions).view());
  }
}

/// A network of one time or two, with a condition or without.
template <index_t Times, index_t Condition>
struct network {
  explicit network(parts& p)
      : net(p.layout, "net",
            {.dimension = width, .condition = Condition, .times = Times, .hidden = 8}),
        store(p.be, p.layout, rng_key{2}),
        field(field_of<Condition>(net, store, p)) {}

  mlp_field<> net;
  parameter_store<backend> store;
  decltype(field_of<Condition>(net, store, std::declval<parts&>())) field;
};

/// The same behind another field.
struct counted_network : network<1, 3> {
  explicit counted_network(parts& p) : network(p), field(std::move(network::field)) {}
  counted<decltype(network::field)> field;
};

template <class Model>
struct FieldLaws : ::testing::Test {
  static_assert(VelocityField<decltype(Model::field), backend>);

  FieldLaws() {
    p.be.uniform(t.view(), rng_key{3});
    p.be.normal(x.view(), rng_key{4});
  }

  /// The velocity, written over `before`.
  std::vector<double> velocity(double before) {
    p.be.fill(dx.view(), before);
    model.field(p.be, std::as_const(t).view(), std::as_const(x).view(), dx.view());
    return testing::host(dx);
  }

  parts p;
  Model model{p};
  tensor<backend, 1> t{p.be, {samples}};
  tensor<backend, 2> x{p.be, {samples, width}};
  tensor<backend, 2> dx{p.be, {samples, width}};
};

using models = ::testing::Types<formula, formula_in_lanes, joined_pairs, counted_formula,
                                network<1, 0>, network<2, 0>, network<1, 3>, counted_network>;
TYPED_TEST_SUITE(FieldLaws, models);

TYPED_TEST(FieldLaws, AllOfTheVelocityIsWrittenAndNoneOfItIsRead) {
  const auto over_nan = this->velocity(std::numeric_limits<double>::quiet_NaN());

  EXPECT_EQ(over_nan, this->velocity(3));  // which no NaN would equal
}

TYPED_TEST(FieldLaws, EqualArgumentsGiveEqualVelocities) {
  const auto first = this->velocity(0);
  const auto times = testing::host(this->t);
  const auto states = testing::host(this->x);
  this->p.be.fill(this->t.view(), 0.5);
  this->p.be.fill(this->x.view(), 2.0);
  const auto other = this->velocity(0);
  this->p.be.upload(this->t.view(), times);
  this->p.be.upload(flatten(this->x.view()), states);

  EXPECT_EQ(this->velocity(0), first);
  EXPECT_NE(other, first);
}

TYPED_TEST(FieldLaws, ARowDependsOnTheSameRowOnly) {
  constexpr index_t kept = 2;
  const auto row = [&](const std::vector<double>& v) {
    return std::vector<double>(v.begin() + kept * width, v.begin() + (kept + 1) * width);
  };
  const auto before = this->velocity(0);
  for (index_t i = 0; i < samples; ++i) {
    if (i == kept) continue;
    this->t.view()(i) = 0.25;
    for (index_t j = 0; j < width; ++j) this->x.view()(i, j) += 1;
  }

  const auto after = this->velocity(0);

  EXPECT_EQ(row(after), row(before));
  EXPECT_NE(after, before);
}

// Central differences of step 1e-6 are good to about 1e-9 of slopes around 1.
TYPED_TEST(FieldLaws, TheTangentIsThatOfCentralDifferences) {
  if constexpr (TangentField<decltype(TypeParam::field), backend>) {
    tensor<backend, 2> u(this->p.be, {samples, width});
    tensor<backend, 2> du(this->p.be, {samples, width});
    this->p.be.normal(u.view(), rng_key{5});
    const auto plain = this->velocity(0);
    const auto states = testing::host(this->x);
    const auto directions = testing::host(u);
    const auto moved = [&](double h) {
      auto there = states;
      for (std::size_t i = 0; i < there.size(); ++i) there[i] += h * directions[i];
      this->p.be.upload(flatten(this->x.view()), there);
      return this->velocity(0);
    };
    const double h = 1e-6;
    const auto before = moved(-h);
    const auto after = moved(h);
    this->p.be.upload(flatten(this->x.view()), states);
    this->p.be.fill(this->dx.view(), std::numeric_limits<double>::quiet_NaN());
    this->p.be.fill(du.view(), std::numeric_limits<double>::quiet_NaN());

    this->model.field.jvp(this->p.be, std::as_const(this->t).view(), std::as_const(this->x).view(),
                          std::as_const(u).view(), this->dx.view(), du.view());

    const auto velocity = testing::host(this->dx);
    const auto tangent = testing::host(du);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_NEAR(velocity[i], plain[i], 1e-14 * (1 + std::abs(plain[i])));  // other instructions
      EXPECT_NEAR(tangent[i], (after[i] - before[i]) / (2 * h), 1e-8);
    }
  } else {
    GTEST_SKIP() << "a field without tangents";
  }
}

TYPED_TEST(FieldLaws, ASelectionActsAsThoseRowsUntilItIsUndone) {
  if constexpr (SelectableField<decltype(TypeParam::field), backend>) {
    const std::vector<row_t> chosen{4, 0, 2};
    const const_view_of<backend, 1, row_t> samples_chosen(chosen.data(), extents<1>{3});
    const auto whole = this->velocity(0);
    std::vector<double> expected;
    tensor<backend, 1> times(this->p.be, {3});
    tensor<backend, 2> states(this->p.be, {3, width});
    tensor<backend, 2> velocities(this->p.be, {3, width});
    for (std::size_t i = 0; i < 3; ++i) {
      const auto row = whole.begin() + chosen[i] * width;
      expected.insert(expected.end(), row, row + width);
      times.view()(i) = this->t.view()(chosen[i]);
    }
    this->p.be.gather_rows(std::as_const(this->x).view(), samples_chosen, states.view());

    this->model.field.select_rows(this->p.be, samples_chosen);
    this->model.field(this->p.be, std::as_const(times).view(), std::as_const(states).view(),
                      velocities.view());
    this->model.field.select_all(this->p.be);

    EXPECT_EQ(testing::host(velocities), expected);
    EXPECT_EQ(this->velocity(0), whole);
  } else {
    GTEST_SKIP() << "a field without data per sample";
  }
}

}  // namespace
}  // namespace flowkit
