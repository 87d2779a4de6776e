// Flow matching: the reference loss and gradients, its laws, and refused batches.
#include <flowkit/objective/flow_matching.hpp>

#include "objective_fixtures.hpp"

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

static_assert(Objective<flow_matching<field>, eigen<float>>);
static_assert(Coupling<independent_coupling, eigen<float>>);

template <class B>
class flow_losses : public ::testing::Test {};
TYPED_TEST_SUITE(flow_losses, reference_backends);

TYPED_TEST(flow_losses, flow_matching_agrees_with_the_reference) {
  reference_losses<TypeParam> reference;
  const auto t = reference.arrays.on(reference.be, "rf.t", extents<1>{10});
  const given_times<TypeParam> times{t.view()};

  reference.expect_loss(flow_matching(reference.net, linear_path{}, independent_coupling{}, times),
                        "rf");
}

TYPED_TEST(flow_losses, predictions_and_sample_losses_agree_with_the_reference) {
  reference_losses<TypeParam> reference;
  workspace<TypeParam> ws(reference.be);
  tensor<TypeParam, 1> errors(reference.be, {10});
  for (const std::string name : {"rf", "one_step"}) {
    const auto t = reference.arrays.on(reference.be, name + ".t", extents<1>{10});
    const auto target = reference.arrays.on(reference.be, "rf.target", extents<2>{10, 6});

    const auto result =
        regress_velocity(reference.be, reference.net, linear_path{}, reference.store.view(),
                         reference.batch(), reference.z0.view(), t.view(), ws);
    squared_errors(reference.be, result.prediction, target.view(), {}, errors.view(), ws);

    EXPECT_LE(relative_difference(result.prediction, reference.arrays.values(name + ".pred")),
              reference.limit);
    EXPECT_LE(relative_difference(errors.view(), reference.arrays.values(name + ".per_sample")),
              reference.limit);
  }
}

TEST_F(conditional_flow, gradients_agree_with_central_differences) {
  training_batch<B> drawn = everything();
  drawn.x0 = {};
  flow_matching matching(net_, affine_path(cosine_schedule{}), independent_coupling{},
                         logit_normal_time{});

  expect_gradient(matching, drawn);
  expect_gradient(matching, everything());
}

TEST_F(conditional_flow, gradients_are_added) {
  flow_matching objective(net_);
  be_.fill(store_.gradients(), 0.0);
  loss(objective, everything());
  const numbers once = values_of(store_.gradients());

  loss(objective, everything());

  // The same numbers added to themselves, up to the rounding of a sum inside a matrix product.
  EXPECT_LE(largest_difference(values_of(store_.gradients()), moved(once, 1, once)), 1e-14);
}

TEST_F(conditional_flow, keys_decide_noise_and_times_unless_noise_is_stored) {
  flow_matching objective(net_);
  flow_matching fixed(net_, linear_path{}, independent_coupling{}, fixed_time{0.5});
  training_batch<B> drawn = everything();
  drawn.x0 = {};

  EXPECT_EQ(loss(objective, drawn, {1}), loss(objective, drawn, {1}));
  EXPECT_NE(loss(objective, drawn, {1}), loss(objective, drawn, {2}));
  EXPECT_NE(loss(fixed, drawn, {1}), loss(fixed, drawn, {2}));
  EXPECT_EQ(loss(fixed, everything(), {1}), loss(fixed, everything(), {2}));
}

TEST_F(conditional_flow, batches_that_do_not_fit_are_refused) {
  flow_matching objective(net_);
  const auto refused = [&](const training_batch<B>& samples) {
    return message_of<invalid_input>([&] { loss(objective, samples); });
  };
  training_batch<B> batch = everything();
  batch.x1 = rows(batch.x1, 0, 0);
  EXPECT_THAT(refused(batch), HasSubstr("[0, 3]"));
  batch = everything();
  batch.x0 = rows(batch.x0, 0, 4);
  EXPECT_THAT(refused(batch), HasSubstr("[4, 3]"));
  batch = everything();
  batch.condition = {};
  EXPECT_THAT(refused(batch), HasSubstr("takes 2 numbers"));
  batch = everything();
  batch.weights = rows(batch.weights, 0, 3);
  EXPECT_THAT(refused(batch), HasSubstr("3 weights for 5 samples"));
  batch = everything();
  batch.mask = rows(batch.mask, 0, 3);
  EXPECT_THAT(refused(batch), HasSubstr("mask of shape [3, 3]"));
}

TEST_F(conditional_flow, a_condition_for_a_network_without_one_is_refused) {
  parameter_layout layout;
  flow_matching objective(field(layout, "net", {.dimension = 3}));
  parameter_store<B> store(be_, layout, {6});

  EXPECT_THROW(objective(be_, store.view(), everything(), {}, ws_), invalid_input);
}

}  // namespace
}  // namespace flowkit::testing
