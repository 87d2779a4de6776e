// The objective concepts and their models, an archetype, and objectives with batches of their own.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/mlp_field.hpp>
#include <flowkit/objective/flow_matching.hpp>
#include <flowkit/train/train_step.hpp>

#include <gtest/gtest.h>

#include <utility>

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

/// x_t = x1 and no velocity: the least that a path can be.
struct archetype_path {
  void sample(B& be, const_view_of<B, 1>, const_view_of<B, 2>, const_view_of<B, 2> x1,
              view_of<B, 2> xt, view_of<B, 2> ut) const {
    be.copy(xt, x1);
    be.fill(ut, 0.0);
  }
};
static_assert(Path<archetype_path, B>);
static_assert(!Path<archetype_path, eigen<float>>);

/// The least that a coupling can be; one object, never copied.
struct archetype_coupling {
  explicit archetype_coupling() = default;
  archetype_coupling(archetype_coupling&&) = default;
  void draw(B& be, const pair_batch<B>& batch, rng_key key, workspace<B>&) {
    be.normal(batch.x0, key);
  }
};
static_assert(Coupling<archetype_coupling, B>);
static_assert(!Coupling<archetype_coupling, eigen<float>>);

/// The least that a distribution of times can be.
struct archetype_times {
  void draw(B& be, view_of<B, 1> t, rng_key) const { be.fill(t, 1.0); }
};
static_assert(TimeSampler<archetype_times, B>);

TEST(flow_matching, takes_archetypes_of_its_parts) {
  B be;
  parameter_layout layout;
  const mlp_field<> net(layout, "net", {.dimension = 2});
  parameter_store store(be, layout, {1});
  flow_matching<mlp_field<>, archetype_path, archetype_coupling, archetype_times> objective(net);
  tensor<B, 2> x1(be, {5, 2});
  be.normal(x1.view(), rng_key{2});
  workspace<B> ws(be);

  const auto loss =
      objective(be, store.view(), training_batch<B>{std::as_const(x1).view()}, rng_key{3}, ws);

  EXPECT_GT(loss(), 0);  // of a new network against no velocity
}

}  // namespace
}  // namespace flowkit
