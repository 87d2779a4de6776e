// Networks as velocity fields: values, tangents, times, conditions, allocations.
#include "support/allocation.hpp"
#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/field/conditioned.hpp>
#include <flowkit/field/network_field.hpp>
#include <flowkit/nn/mlp_field.hpp>

#include <gmock/gmock.h>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::host;
using testing::matrix;

class network : public ::testing::Test {
 protected:
  explicit network(index_t condition = 0, index_t times = 1)
      : net_(layout_, "net",
             {.dimension = 2, .condition = condition, .times = times, .hidden = 8, .depth = 2}),
        store_(be_, layout_, rng_key{4}) {}

  /// What the network itself says about these inputs.
  std::vector<double> direct(const std::vector<double>& x, const std::vector<double>& time,
                             const std::vector<double>& condition) {
    const auto n = static_cast<index_t>(x.size()) / 2;
    const auto states = matrix(be_, n, x);
    const auto times = matrix(be_, n, time);
    tensor<backend, 2> conditions(be_, {n, net_.condition_size()});
    be_.upload(flatten(conditions.view()), std::span<const double>(condition));
    const scratch_scope<backend> scope(ws_);
    mlp_field<>::saved<backend> saved;
    return host(
        net_.forward(be_, store_.view(),
                     field_input<backend>{std::as_const(states).view(), std::as_const(times).view(),
                                          std::as_const(conditions).view()},
                     ws_, saved));
  }

  backend be_;
  workspace<backend> ws_{be_};
  parameter_layout layout_;
  mlp_field<> net_;
  parameter_store<backend> store_;
  tensor<backend, 1> t_ = testing::vector(be_, std::vector<double>{0.25, 0.5});
  std::vector<double> x0_{1, -1, 0.5, 2};
  tensor<backend, 2> x_ = matrix(be_, 2, x0_);
  tensor<backend, 2> dx_{be_, {2, 2}};
  tensor<backend, 2> du_{be_, {2, 2}};
};

class plain_network : public network {};

TEST_F(plain_network, is_a_field_with_tangents) {
  network_field field(net_, store_.view(), ws_);
  using field_type = decltype(field);
  static_assert(TangentField<field_type, backend> && ConditionalField<field_type, backend>);
  static_assert(!SelectableField<field_type, backend>);

  field(be_, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view());

  EXPECT_EQ(host(dx_), direct(x0_, {0.25, 0.5}, {}));
}

// Central differences of step 1e-6 are good to about 1e-9 here.
TEST_F(plain_network, has_the_tangent_of_central_differences) {
  network_field field(net_, store_.view(), ws_);
  const std::vector<double> u{0.3, 1, -2, 0.5};
  const auto direction = matrix(be_, 2, u);

  field.jvp(be_, std::as_const(t_).view(), std::as_const(x_).view(), direction.view(), dx_.view(),
            du_.view());

  const double h = 1e-6;
  auto before = x0_;
  auto after = x0_;
  for (std::size_t i = 0; i < 4; ++i) {
    before[i] -= h * u[i];
    after[i] += h * u[i];
  }
  const auto low = direct(before, {0.25, 0.5}, {});
  const auto high = direct(after, {0.25, 0.5}, {});
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(host(du_)[i], (high[i] - low[i]) / (2 * h), 1e-8);
  }
  EXPECT_EQ(host(dx_), direct(x0_, {0.25, 0.5}, {}));
}

TEST_F(plain_network, allocates_nothing_when_warm) {
  network_field field(net_, store_.view(), ws_);
  const auto go = [&] {
    field(be_, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view());
    field.jvp(be_, std::as_const(t_).view(), std::as_const(x_).view(), std::as_const(x_).view(),
              dx_.view(), du_.view());
  };
  go();
  go();

  const testing::allocation_counter allocations;
  go();

  EXPECT_EQ(allocations.count(), 0);
}

TEST_F(plain_network, refuses_parameters_of_a_smaller_network) {
  parameter_layout layout;
  const mlp_field<> small(layout, "net", {.dimension = 2, .hidden = 4, .depth = 2});
  parameter_store<backend> store(be_, layout, rng_key{4});
  network_field field(net_, store.view(), ws_);

  const auto message = testing::message_of<invalid_input>(
      [&] { field(be_, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view()); });

  EXPECT_THAT(message, HasSubstr("they belong to another layout"));
}

TEST_F(plain_network, refuses_times_velocities_and_tangents_that_do_not_fit) {
  network_field field(net_, store_.view(), ws_);
  const auto three = testing::vector(be_, std::vector<double>{0, 0, 0});
  tensor<backend, 2> few(be_, {1, 2});
  const const_view_of<backend, 1> t = std::as_const(t_).view();
  const const_view_of<backend, 2> x = std::as_const(x_).view();
  const auto refusal = [](const auto& call) { return testing::message_of<invalid_input>(call); };
  const std::string shapes = "tangent of shape [1, 2] for a state of shape [2, 2]";

  EXPECT_THAT(refusal([&] { field(be_, three.view(), x, dx_.view()); }),
              HasSubstr("a network field was given 3 times for a state of shape [2, 2]"));
  EXPECT_THAT(refusal([&] { field(be_, t, x, few.view()); }), HasSubstr(shapes));
  EXPECT_THAT(refusal([&] { field.jvp(be_, t, x, few.view(), dx_.view(), du_.view()); }),
              HasSubstr(shapes));
  EXPECT_THAT(refusal([&] { field.jvp(be_, t, x, x, few.view(), du_.view()); }), HasSubstr(shapes));
  EXPECT_THAT(refusal([&] { field.jvp(be_, t, x, x, dx_.view(), few.view()); }), HasSubstr(shapes));
  EXPECT_THAT(refusal([&] { field.jvp(be_, three.view(), x, x, dx_.view(), du_.view()); }),
              HasSubstr("3 times"));
}

class two_time_network : public network {
 protected:
  two_time_network() : network(0, 2) {}
};

TEST_F(two_time_network, is_asked_for_the_instantaneous_velocity) {
  network_field field(net_, store_.view(), ws_);

  field(be_, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view());

  EXPECT_EQ(host(dx_), direct(x0_, {0.25, 0.25, 0.5, 0.5}, {}));
}

class conditional_network : public network {
 protected:
  conditional_network() : network(3) {}
};

TEST_F(conditional_network, takes_the_conditions_of_its_samples) {
  const std::vector<double> c{1, 2, 3, 4, 5, 6};
  const auto conditions = matrix(be_, 2, c);
  auto field = conditioned(be_, network_field(net_, store_.view(), ws_), conditions.view());
  static_assert(SelectableField<decltype(field), backend>);
  static_assert(TangentField<decltype(field), backend>);

  field(be_, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view());

  EXPECT_EQ(host(dx_), direct(x0_, {0.25, 0.5}, c));
}

TEST_F(conditional_network, refuses_to_go_without) {
  network_field field(net_, store_.view(), ws_);

  const auto message = testing::message_of<invalid_input>(
      [&] { field(be_, std::as_const(t_).view(), std::as_const(x_).view(), dx_.view()); });

  EXPECT_THAT(message, HasSubstr("wrap the field in `conditioned`"));
}

}  // namespace
}  // namespace flowkit
