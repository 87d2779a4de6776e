// The training step: its order of operations, and what it must not do.
#include <flowkit/coupling/minibatch_ot.hpp>
#include <flowkit/train/train_step.hpp>

#include <gmock/gmock.h>

#include "small_run.hpp"
#include "support/allocation.hpp"
#include "support/files.hpp"

#include <cmath>

namespace flowkit::testing {
namespace {

using ::testing::HasSubstr;

/// A backend that counts the operations by which a host waits for its results.
class watched : public eigen<float> {
 public:
  using eigen<float>::eigen;

  template <class... A>
  void download(A&&... arguments) {
    ++waits;
    eigen<float>::download(std::forward<A>(arguments)...);
  }
  void synchronize() {
    ++waits;
    eigen<float>::synchronize();
  }

  int waits = 0;
};

template <class B>
void take_steps(small_run<B>& run, index_t count) {
  for (index_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::uint64_t>(run.step.count());
    run.step(run.source(run.be, run.step.count(), rng_key{4}), rng_key{5}.split(number));
  }
}

TEST(train_step, equals_its_parts_one_after_the_other) {
  using B = eigen<double>;
  small_run<B> run;
  small_run<B> parts;
  device_scalar<B> squares(parts.be);
  device_scalar<B> factor(parts.be);
  workspace<B> ws(parts.be);

  take_steps(run, 3);
  for (index_t s = 0; s < 3; ++s) {
    const auto batch = parts.source(parts.be, s, rng_key{4});
    parts.objective(parts.be, parts.store.view(), batch,
                    rng_key{5}.split(static_cast<std::uint64_t>(s)), ws);
    clip_factor(parts.be, parts.store.gradients(), 1.0, squares.view(), factor.view());
    parts.optimizer.step(parts.be, {parts.store.values(), parts.store.gradients()},
                         {1e-2, s, factor.view()});
    parts.average.step(parts.be, parts.store.values(), s);
  }

  // The same formulas in double; contraction into fused multiply-adds may differ between passes.
  const auto a = run.numbers();
  const auto b = parts.numbers();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-13) << i;
  EXPECT_DOUBLE_EQ(*run.step.gradient_norm(), std::sqrt(squares.read()));
}

TEST(train_step, without_average_trains_the_same_values) {
  using B = eigen<double>;
  small_run<B> with;
  small_run<B> without;
  flowkit::train_step step(without.be, without.objective, without.store, without.optimizer,
                           {.learning_rate = constant_rate{1e-2}, .clip_norm = 1});

  take_steps(with, 2);
  for (index_t s = 0; s < 2; ++s) {
    step(without.source(without.be, s, rng_key{4}),
         rng_key{5}.split(static_cast<std::uint64_t>(s)));
  }

  for (index_t i = 0; i < with.layout.size(); ++i) {
    EXPECT_NEAR(with.store.values()(i), without.store.values()(i), 1e-14);
  }
  EXPECT_EQ(step.state().size(), 3U);
}

TEST(train_step, allocates_nothing_once_warm) {
  // Large enough for the parallel branches of every operation.
  small_run<eigen<float>> run({.samples = 2048, .batch = 1024, .hidden = 64});
  take_steps(run, 5);  // two epochs begin within
  const allocation_counter allocations;

  take_steps(run, 20);

  EXPECT_EQ(allocations.count(), 0);
}

TEST(train_step, allocates_nothing_once_warm_with_optimal_transport) {
  small_run<eigen<float>> run({.samples = 256, .batch = 128});
  flow_matching objective(run.net, linear_path{}, minibatch_ot<float>{});
  flowkit::train_step step(run.be, objective, run.store, run.optimizer);
  const auto take = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      step(run.source(run.be, step.count(), rng_key{4}), rng_key{5}.split(i));
    }
  };
  take(5);
  const allocation_counter allocations;

  take(10);

  EXPECT_EQ(allocations.count(), 0);
}

TEST(train_step, never_waits_for_the_backend) {
  small_run<watched> run;
  take_steps(run, 3);
  run.be.waits = 0;

  take_steps(run, 20);
  EXPECT_EQ(run.be.waits, 0);

  (void)run.step.loss();
  EXPECT_EQ(run.be.waits, 1);
}

TEST(train_step, gradients_are_zero_between_steps) {
  small_run<eigen<float>> run;

  take_steps(run, 2);

  for (index_t i = 0; i < run.layout.size(); ++i) EXPECT_EQ(run.store.gradients()(i), 0);
}

TEST(train_step, float_and_double_agree_over_twenty_steps) {
  small_run<eigen<float>> narrow({.samples = 64, .batch = 32, .hidden = 32});
  small_run<eigen<double>> wide({.samples = 64, .batch = 32, .hidden = 32});

  for (int i = 0; i < 20; ++i) {
    take_steps(narrow, 1);
    take_steps(wide, 1);
    // Single precision has 6e-8; sums over 32 samples and 20 steps that feed back lose a factor of
    // some hundred.
    EXPECT_NEAR(narrow.step.loss(), wide.step.loss(), 1e-5 * wide.step.loss()) << i;
  }
}

TEST(train_step, refuses_a_clip_norm_that_is_not_positive) {
  EXPECT_THROW(small_run<eigen<float>>({.clip_norm = 0}), invalid_input);
  EXPECT_THROW(small_run<eigen<float>>({.clip_norm = -1}), invalid_input);
  EXPECT_THAT(message_of<invalid_input>([] { small_run<eigen<float>>({.clip_norm = 1e-60}); }),
              HasSubstr("a clip_norm of 1e-60 (0 in the backend's scalar)"));
}

TEST(train_step, refuses_parts_of_another_layout) {
  using B = eigen<float>;
  small_run<B> run;
  small_run<B> smaller({.hidden = 4});
  const auto refusal = [&](auto& optimizer, auto& average) {
    return message_of<invalid_input>([&] {
      const flowkit::train_step step(run.be, run.objective, run.store, optimizer, average);
    });
  };

  const std::string of_optimizer = refusal(smaller.optimizer, run.average);
  const std::string of_average = refusal(run.optimizer, smaller.average);

  const std::string sizes = text("has ", smaller.layout.size(), " numbers, but its store has ",
                                 run.layout.size(), ": they were made from different layouts");
  EXPECT_THAT(of_optimizer, HasSubstr("'optimizer.first_moment' of a training step " + sizes));
  EXPECT_THAT(of_average, HasSubstr("'average' of a training step " + sizes));
}

TEST(train_step, refuses_learning_rates_that_are_none) {
  using B = eigen<float>;
  small_run<B> run;
  // The last one is not finite in float alone.
  for (const double rate : {std::nan(""), std::numeric_limits<double>::infinity(), -1e-3, 1e39}) {
    flowkit::train_step step(
        run.be, run.objective, run.store, run.optimizer,
        {.learning_rate = [&](index_t count) { return count == 1 ? rate : 1e-3; }});
    const auto go = [&] { step(run.source(run.be, 0, rng_key{4}), rng_key{5}); };
    go();
    const std::vector<float> before = run.numbers();

    EXPECT_THAT(message_of<invalid_input>(go),
                HasSubstr(text("the schedule gives step 1 a learning rate of ", rate)));
    EXPECT_EQ(run.numbers(), before);
  }
}

}  // namespace
}  // namespace flowkit::testing
