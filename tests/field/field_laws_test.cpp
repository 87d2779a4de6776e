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

using backend = eigen<float>;

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

template <class Model>
struct FieldLaws : ::testing::Test {
  static_assert(VelocityField<decltype(Model::field), backend>);

  FieldLaws() {
    p.be.uniform(t.view(), rng_key{3});
    p.be.normal(x.view(), rng_key{4});
  }

  /// The velocity, written over `before`.
  std::vector<double> velocity(float before) {
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
                                network<1, 0>, network<2, 0>, network<1, 3>>;
TYPED_TEST_SUITE(FieldLaws, models);

TYPED_TEST(FieldLaws, AllOfTheVelocityIsWrittenAndNoneOfItIsRead) {
  const auto over_nan = this->velocity(std::numeric_limits<float>::quiet_NaN());

  EXPECT_EQ(over_nan, this->velocity(3));  // which no NaN would equal
}

TYPED_TEST(FieldLaws, EqualArgumentsGiveEqualVelocities) {
  const auto first = this->velocity(0);
  const auto times = testing::host(this->t);
  const auto states = testing::host(this->x);
  this->p.be.fill(this->t.view(), 0.5F);
  this->p.be.fill(this->x.view(), 2.0F);
  const auto other = this->velocity(0);
  const auto in_float = [](const std::vector<double>& v) {
    return std::vector<float>(v.begin(), v.end());
  };
  this->p.be.upload(this->t.view(), in_float(times));
  this->p.be.upload(flatten(this->x.view()), in_float(states));

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
    this->t.view()(i) = 0.25F;
    for (index_t j = 0; j < width; ++j) this->x.view()(i, j) += 1;
  }

  const auto after = this->velocity(0);

  EXPECT_EQ(row(after), row(before));
  EXPECT_NE(after, before);
}

}  // namespace
}  // namespace flowkit
