// The objective concepts and their models, an archetype, and objectives with batches of their own.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/objective/concepts.hpp>
#include <flowkit/train/train_step.hpp>

#include <gtest/gtest.h>

namespace flowkit {
namespace {

using B = eigen<double>;

/// A batch of its own type: where the value should be.
struct wish {
  double value = 0;
};

/// (value - wish)^2 for one value: no more than the concept asks for.
struct archetype {
  const_view_of<B, 0> operator()(B& be, const parameters<B>& p, const wish& batch, rng_key,
                                 workspace<B>& ws) {
    const view_of<B, 0> loss = ws.take(extents<0>{});
    const double difference = p.values(0) - batch.value;
    be.fill(loss, difference * difference);
    p.gradients(0) += 2 * difference;
    return loss;
  }
};
static_assert(Objective<archetype, B, wish>);
static_assert(!Objective<archetype, B>);
static_assert(!Objective<archetype, eigen<float>, wish>);
static_assert(!TimeSampler<archetype, B>);

TEST(objective, may_have_a_batch_of_its_own) {
  B be;
  parameter_layout layout;
  layout.add("value", extents{index_t{1}}, initializer::ones());
  parameter_store store(be, layout, {});
  sgd optimizer(be, layout, {.momentum = 0});
  archetype objective;
  train_step step(be, objective, store, optimizer, {.learning_rate = constant_rate{0.25}});

  const auto loss = step(wish{3}, {});

  EXPECT_EQ(loss(), 4);
  EXPECT_EQ(store.values()(0), 2);  // half of the way: 1 - 0.25 * 2 * (1 - 3)
}

}  // namespace
}  // namespace flowkit
