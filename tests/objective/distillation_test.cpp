// Distillation: the reference loss and gradients, and what it needs.
#include <flowkit/objective/distillation.hpp>

#include "objective_fixtures.hpp"

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

static_assert(Objective<distillation<field>, eigen<double>>);

template <class B>
class distillation_losses : public ::testing::Test {};
TYPED_TEST_SUITE(distillation_losses, reference_backends);

TYPED_TEST(distillation_losses, agree_with_the_reference) {
  reference_losses<TypeParam> reference;

  reference.expect_loss(distillation(reference.net), "one_step");
}

TEST_F(conditional_flow, distillation_has_the_gradient_of_its_loss) {
  distillation objective(net_, fixed_time{0.1});

  expect_gradient(objective, everything());
}

TEST_F(conditional_flow, distillation_needs_stored_noise_and_an_early_time) {
  distillation objective(net_);
  training_batch<B> batch = everything();
  batch.x0 = {};

  EXPECT_THAT(message_of<invalid_input>([&] { loss(objective, batch); }), HasSubstr("noise"));
  EXPECT_THROW(distillation(net_, fixed_time{1}), invalid_input);
}

}  // namespace
}  // namespace flowkit::testing
