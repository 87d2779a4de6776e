#include <flowkit/nn/mlp_field.hpp>

#include "support/differentiable.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

namespace flowkit::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(VelocityNetwork<mlp_field<>, eigen<float>> &&
              VelocityNetwork<mlp_field<fn::tanh>, oracle>);

TEST(MlpField, PutsStateTimesAndConditionInThisOrder) {
  parameter_layout layout;
  const mlp_field<> net(layout, "net",
                        {.dimension = 1, .condition = 1, .times = 2, .depth = 1, .time_scale = 2});
  layer_function f(layout, network_layer<mlp_field<>>{&net}, extents{1, 1}, extents{1, 2},
                   extents{1, 1});
  const numbers p = parameters_with(layout, {{"net.0.weight", {1, 10, 100, 1000}}});

  const numbers y = f.value(p, {3, 0.5, 2, 7});

  EXPECT_THAT(y, ElementsAre(3 + 10 + 400 + 7000));
}

TEST(MlpField, IsDifferentiable) {
  parameter_layout layout;
  const mlp_field velocity(layout, "velocity",
                           {.dimension = 2, .hidden = 5, .depth = 3, .time_scale = 3});
  const mlp_field<fn::tanh> average(
      layout, "average", {.dimension = 3, .condition = 2, .times = 2, .hidden = 4, .depth = 2});

  expect_differentiable_field("velocity", layout, velocity, 1, 2);
  expect_differentiable_field("velocity", layout, velocity, 3, 2);
  expect_differentiable_field("average velocity", layout, average, 3, 3);
}

TEST(MlpField, RefusesOtherNumbersOfTimes) {
  parameter_layout layout;
  const auto build = [&] { mlp_field(layout, "a", {.dimension = 2, .times = 3}); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("of 3 times"));
}

TEST(MlpField, RefusesSizesOutOfRange) {
  parameter_layout layout;
  const auto dimension = [&] { mlp_field(layout, "a", {.dimension = 0}); };
  const auto condition = [&] { mlp_field(layout, "a", {.dimension = 1, .condition = -1}); };

  EXPECT_THAT(message_of<invalid_input>(dimension), HasSubstr("dimension 0"));
  EXPECT_THAT(message_of<invalid_input>(condition), HasSubstr("condition of size -1"));
  // Their sum would wrap around.
  constexpr index_t huge = std::numeric_limits<index_t>::max();
  EXPECT_THAT(message_of<invalid_input>(
                  [&] { mlp_field(layout, "a", {.dimension = huge, .condition = huge}); }),
              HasSubstr("neither may reach 2^31"));
}

TEST(MlpField, RefusesATimeScaleThatIsNotFinite) {
  parameter_layout layout;
  const auto build = [&] { mlp_field(layout, "a", {.dimension = 2, .time_scale = std::nan("")}); };

  EXPECT_THAT(message_of<invalid_input>(build), HasSubstr("'a' with a time scale of nan"));
}

TEST(MlpField, RefusesATimeScaleThatTheScalarCannotHold) {
  using narrow = eigen<float>;
  parameter_layout layout;
  const mlp_field<> net(layout, "a", {.dimension = 2, .time_scale = 1e300});
  narrow be;
  parameter_store<narrow> store(be, layout, rng_key{1});
  workspace<narrow> ws(be);
  saved_of<mlp_field<>, narrow> saved;
  tensor<narrow, 2> x(be, {1, 2});
  tensor<narrow, 2> t(be, {1, 1});
  be.fill(x.view(), 0);
  be.fill(t.view(), 0);
  const field_input<narrow> in{x.view(), t.view(), {nullptr, extents{1, 0}}};

  EXPECT_THAT(
      message_of<invalid_input>([&] { (void)net.forward(be, store.view(), in, ws, saved); }),
      HasSubstr("time scale of 1e+300 (inf in the backend's scalar)"));
}

TEST(MlpField, RefusesInputsOfOtherSizes) {
  parameter_layout layout;
  const mlp_field net(layout, "a", {.dimension = 2, .condition = 3});
  const network_layer<mlp_field<>> layer{&net};
  const auto run = [&](index_t state, index_t times, index_t condition) {
    layer_function f(layout, layer, extents{1, state}, extents{1, times}, extents{1, condition});
    return message_of<invalid_input>([&] {
      f.value(random_parameters(layout, 1), numbers(static_cast<std::size_t>(f.input_size())));
    });
  };

  EXPECT_THAT(run(3, 1, 3), HasSubstr("state of a perceptron field"));
  EXPECT_THAT(run(2, 2, 3), HasSubstr("time of a perceptron field"));
  EXPECT_THAT(run(2, 1, 0), HasSubstr("condition of a perceptron field"));
}

}  // namespace
}  // namespace flowkit::testing
