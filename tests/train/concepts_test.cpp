// The training concepts: archetypes that offer no more than asked for carry a whole run.
#include <flowkit/train/trainer.hpp>

#include <gtest/gtest.h>

#include "small_run.hpp"

namespace flowkit::testing {
namespace {

using B = eigen<double>;

/// Gradient descent without state of interest.
class archetype_optimizer {
 public:
  archetype_optimizer(B& be, const parameter_layout& layout) : unused_(be, {layout.size()}) {
    be.fill(unused_.view(), 0.0);
  }

  void step(B& be, const trained_values<B>& trained, const step_settings<B>& settings) {
    be.for_each(fn::axpy<double>{-settings.learning_rate}, trained.values,
                const_view_of<B, 1>(trained.gradients));
    be.fill(trained.gradients, 0.0);
  }
  std::array<optimizer_state<B>, 1> state() { return {{{"unused", unused_.view()}}}; }

 private:
  tensor<B, 1> unused_;
};
static_assert(Optimizer<archetype_optimizer, B>);
static_assert(!Optimizer<archetype_optimizer, eigen<float>>);
static_assert(!Optimizer<sgd<eigen<float>>, B>);

/// The same sample again and again.
struct archetype_source {
  const_view_of<B, 2> data;
  training_batch<B> operator()(B&, index_t, rng_key) const { return {data}; }
};
static_assert(BatchSource<archetype_source, B>);
static_assert(!BatchSource<archetype_source, eigen<float>>);

TEST(training_concepts, suffice_for_a_run) {
  B be;
  parameter_layout layout;
  flow_matching objective(mlp_field<>(layout, "net", {.dimension = 2}), linear_path{},
                          independent_coupling{}, fixed_time{0.5});
  parameter_store store(be, layout, {1});
  archetype_optimizer optimizer(be, layout);
  tensor<B, 2> data(be, {64, 2});
  be.fill(data.view(), 2.0);
  const archetype_source source{data.view()};
  train_step step(be, objective, store, optimizer, {.learning_rate = constant_rate{0.05}});
  trainer loop(be, layout, step, source, rng_key{1}, {.steps = 40, .log_every = 20});
  std::vector<double> losses;

  loop.run({.on_log = [&](const training_log& log) { losses.push_back(log.loss); }});

  ASSERT_EQ(losses.size(), 2U);
  EXPECT_LT(losses[1], 0.5 * losses[0]);  // the mean displacement is learnt at once
}

}  // namespace
}  // namespace flowkit::testing
