#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <flowkit/backends/eigen.hpp>
#include <flowkit/coupling/entropic_ot.hpp>
#include <flowkit/coupling/independent.hpp>
#include <flowkit/coupling/minibatch_ot.hpp>
#include <flowkit/coupling/stored.hpp>
#include <support/allocation.hpp>
#include <support/files.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <numeric>

namespace flowkit {
namespace {

using backend = eigen<double>;
using row = std::vector<double>;
using ::testing::HasSubstr;
using testing::message_of;

static_assert(Coupling<independent_coupling, backend>);
static_assert(Coupling<minibatch_ot<double>, backend> && !Coupling<minibatch_ot<float>, backend>);
static_assert(Coupling<entropic_ot<double>, backend> && !Coupling<entropic_ot<float>, backend>);
static_assert(Coupling<stored_coupling<backend>, backend>);

/// A batch of data around the corners of a square, with the corner's number as condition.
struct batch_of {
  backend& be;
  tensor<backend, 2> x0;
  tensor<backend, 2> x1;
  tensor<backend, 2> condition;

  batch_of(backend& b, index_t n, index_t conditions, rng_key key = {3})
      : be(b), x0(b, {n, 2}), x1(b, {n, 2}), condition(b, {n, 1}) {
    be.normal(x1.view(), key);
    for (index_t i = 0; i < n; ++i) {
      condition.view()(i, 0) = static_cast<double>(i % std::max<index_t>(conditions, 1));
      x1.view()(i, 0) += i % 2 == 0 ? 3 : -3;
    }
    if (conditions == 0) condition = tensor<backend, 2>(be, {n, 0});
  }

  [[nodiscard]] pair_batch<backend> view() {
    return {x0.view(), std::as_const(x1).view(), std::as_const(condition).view()};
  }
  [[nodiscard]] double cost() {
    double sum = 0;
    for (index_t i = 0; i < x0.size(); ++i) {
      const double d = x0.view().data()[i] - x1.view().data()[i];
      sum += d * d;
    }
    return sum;
  }
};

std::vector<row> rows_of(view<const double, 2, host_space> x) {
  std::vector<row> out;
  for (index_t i = 0; i < x.shape()[0]; ++i) {
    const double* data = x.data() + i * x.shape()[1];
    out.emplace_back(data, data + x.shape()[1]);
  }
  return out;
}

std::vector<row> sorted(std::vector<row> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

struct MinibatchOt : ::testing::Test {
  backend be;
  workspace<backend> ws{be};

  /// The noise that a coupling starts from: what independent coupling draws.
  std::vector<row> noise(index_t n, rng_key key) {
    batch_of b(be, n, 0);
    independent_coupling{}.draw(be, b.view(), key, ws);
    return rows_of(b.x0.view());
  }
};

TEST_F(MinibatchOt, PermutesTheNoise) {
  batch_of b(be, 40, 0);

  minibatch_ot<double>{}.draw(be, b.view(), rng_key{1}, ws);

  EXPECT_EQ(sorted(rows_of(b.x0.view())), sorted(noise(40, rng_key{1})));
}

TEST_F(MinibatchOt, FindsTheLeastCostOfAllPermutations) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    batch_of b(be, 6, 0, rng_key{seed});
    minibatch_ot<double>{}.draw(be, b.view(), rng_key{seed}, ws);
    const double found = b.cost();
    const std::vector<row> from = noise(6, rng_key{seed});
    std::vector<std::size_t> order{0, 1, 2, 3, 4, 5};
    double least = std::numeric_limits<double>::infinity();
    do {
      for (index_t i = 0; i < 6; ++i) {
        for (index_t c = 0; c < 2; ++c) {
          b.x0.view()(i, c) = from[order[static_cast<std::size_t>(i)]][static_cast<std::size_t>(c)];
        }
      }
      least = std::min(least, b.cost());
    } while (std::next_permutation(order.begin(), order.end()));

    EXPECT_NEAR(found, least, 1e-12 * least) << "seed " << seed;
  }
}

TEST_F(MinibatchOt, NeverMixesConditionsByDefault) {
  batch_of b(be, 60, 4);

  minibatch_ot<double>{}.draw(be, b.view(), rng_key{2}, ws);

  const std::vector<row> from = noise(60, rng_key{2});
  const std::vector<row> to = rows_of(b.x0.view());
  for (std::size_t g = 0; g < 4; ++g) {
    std::vector<row> before;
    std::vector<row> after;
    for (std::size_t i = g; i < 60; i += 4) {
      before.push_back(from[i]);
      after.push_back(to[i]);
    }
    EXPECT_EQ(sorted(after), sorted(before)) << "condition " << g;
  }
  EXPECT_NE(to, from);
}

TEST_F(MinibatchOt, DifferentConditionsEverywhereLeaveTheNoiseInPlace) {
  batch_of b(be, 12, 12);

  minibatch_ot<double>{}.draw(be, b.view(), rng_key{2}, ws);

  EXPECT_EQ(rows_of(b.x0.view()), noise(12, rng_key{2}));
}

TEST_F(MinibatchOt, AHighPenaltyEqualsGroupsAndNoneIgnoresConditions) {
  batch_of grouped(be, 40, 3);
  batch_of penalized(be, 40, 3);
  batch_of ignored(be, 40, 3);
  batch_of without(be, 40, 0);

  minibatch_ot<double>{}.draw(be, grouped.view(), rng_key{4}, ws);
  minibatch_ot<double>({condition_rule::penalty, 1e6}).draw(be, penalized.view(), rng_key{4}, ws);
  minibatch_ot<double>({condition_rule::ignore}).draw(be, ignored.view(), rng_key{4}, ws);
  minibatch_ot<double>{}.draw(be, without.view(), rng_key{4}, ws);

  EXPECT_EQ(rows_of(penalized.x0.view()), rows_of(grouped.x0.view()));
  EXPECT_EQ(rows_of(ignored.x0.view()), rows_of(without.x0.view()));
  EXPECT_LT(ignored.cost(), grouped.cost());
}

TEST_F(MinibatchOt, AllocatesNothingOnceWarm) {
  batch_of b(be, 64, 3);
  minibatch_ot<double> exact;
  entropic_ot<double> entropic;
  for (int i = 0; i < 3; ++i) {
    ws.rewind();
    exact.draw(be, b.view(), rng_key{1}, ws);
    entropic.draw(be, b.view(), rng_key{1}, ws);
  }

  const testing::allocation_counter allocations;
  exact.draw(be, b.view(), rng_key{1}, ws);
  entropic.draw(be, b.view(), rng_key{1}, ws);

  EXPECT_EQ(allocations.count(), 0);
}

TEST_F(MinibatchOt, ConditionsThatDoNotFitAreRefused) {
  batch_of b(be, 10, 2);
  pair_batch<backend> batch = b.view();
  batch.condition = rows(batch.condition, 0, 9);

  const auto message =
      message_of<invalid_input>([&] { minibatch_ot<double>{}.draw(be, batch, rng_key{1}, ws); });

  EXPECT_THAT(message, HasSubstr("conditions of shape [9, 1] for 10 samples"));
  EXPECT_THAT(message, HasSubstr("every sample needs one"));
}

TEST_F(MinibatchOt, PenaltiesThatRewardMixingOrLeaveNoCostAreRefused) {
  batch_of b(be, 10, 2);
  for (const double penalty : {-1.5, std::numeric_limits<double>::infinity()}) {
    minibatch_ot<double> coupling({condition_rule::penalty, penalty});

    const auto message =
        message_of<invalid_input>([&] { coupling.draw(be, b.view(), rng_key{1}, ws); });

    EXPECT_THAT(message, HasSubstr(text("condition penalty of ", penalty)));
    EXPECT_THAT(message, HasSubstr("give a value >= 0"));
  }
}

TEST_F(MinibatchOt, PenaltiesThatTheScalarCannotHoldAreRefused) {
  using narrow = eigen<float>;
  narrow host;
  workspace<narrow> scratch(host);
  tensor<narrow, 2> x(host, {4, 2});
  tensor<narrow, 2> condition(host, {4, 1});
  host.normal(x.view(), rng_key{2});
  host.fill(condition.view(), 1);
  tensor<narrow, 2> x0(host, {4, 2});
  const pair_batch<narrow> batch{x0.view(), x.view(), condition.view()};
  minibatch_ot<float> coupling({condition_rule::penalty, 1e300});

  const auto message =
      message_of<invalid_input>([&] { coupling.draw(host, batch, rng_key{1}, scratch); });

  EXPECT_THAT(message, HasSubstr("penalty of 1e+300, which costs have twice, 2e+300 (inf in the "
                                 "backend's scalar)"));
}

TEST_F(MinibatchOt, ConditionsThatAreNotFiniteAreRefused) {
  batch_of b(be, 10, 2);
  b.condition.view()(4, 0) = std::numeric_limits<double>::quiet_NaN();

  const auto message =
      message_of<invalid_input>([&] { minibatch_ot<double>{}.draw(be, b.view(), rng_key{1}, ws); });

  EXPECT_THAT(message, HasSubstr("a condition is nan"));
  EXPECT_THAT(message, HasSubstr("need finite numbers"));
}

TEST_F(MinibatchOt, AssignmentWithinGroupsOfTheReferenceData) {
  const testing::golden_arrays data("ot.npz");
  const auto x0 = data.on<backend>(be, "g_x0", extents<2>{64, 8});
  const auto x1 = data.on<backend>(be, "g_x1", extents<2>{64, 8});
  const auto group = data.on<backend>(be, "g_group", extents<2>{64, 1});
  const std::vector<double> expected = data.values("g_assignment");
  transport_cost<double> cost;
  assignment_solver solver;

  cost.measure(be, pair_batch<backend>{{}, x1.view(), group.view()}, x0.view(),
               condition_rule::within_groups, 0, ws);

  const auto source =
      cost.pair([&](index_t, std::span<const double> costs, std::span<row_t> chosen) {
        const auto n = static_cast<index_t>(chosen.size());
        solver.solve(costs, n, n, chosen);
      });

  ASSERT_EQ(source.size(), 64U);
  for (std::size_t i = 0; i < 64; ++i) {
    const auto from = static_cast<std::size_t>(source[i]);
    EXPECT_EQ(expected[from], static_cast<double>(i)) << "source " << from;
  }
}

TEST_F(MinibatchOt, EntropicPairsGoFromExactToIndependent) {
  batch_of exact(be, 50, 0);
  batch_of sharp(be, 50, 0);
  batch_of soft(be, 50, 0);
  minibatch_ot<double>{}.draw(be, exact.view(), rng_key{7}.split(0), ws);

  entropic_ot<double>({.regularization = 0.002}).draw(be, sharp.view(), rng_key{7}, ws);
  entropic_ot<double>({.regularization = 1e4}).draw(be, soft.view(), rng_key{7}, ws);

  // Independent pairs cost about 2 + 9 + 2 per sample here; the exact ones a third less.
  EXPECT_LT(sharp.cost(), 1.05 * exact.cost());
  EXPECT_GT(soft.cost(), 1.2 * exact.cost());
}

TEST_F(MinibatchOt, EntropicPairsUseRowsOfTheNoiseOfTheirOwnCondition) {
  batch_of b(be, 60, 3);
  entropic_ot<double>{}.draw(be, b.view(), rng_key{8}, ws);
  const std::vector<row> from = noise(60, rng_key{8}.split(0));
  const std::vector<row> to = rows_of(b.x0.view());

  for (std::size_t i = 0; i < 60; ++i) {
    bool found = false;
    for (std::size_t j = i % 3; j < 60; j += 3) found = found || from[j] == to[i];
    EXPECT_TRUE(found) << "sample " << i;
  }
}

TEST_F(MinibatchOt, EntropyMustBePositive) {
  for (const double value : {0.0, -0.5, std::numeric_limits<double>::infinity()}) {
    const auto message =
        message_of<invalid_input>([&] { entropic_ot<double>({.regularization = value}); });

    EXPECT_THAT(message, HasSubstr(text("regularization ", value)));
    EXPECT_THAT(message, HasSubstr("use minibatch_ot for 0"));
  }
}

TEST_F(MinibatchOt, StoredPairsComeBack) {
  batch_of stored(be, 5, 0);
  batch_of b(be, 5, 0);
  be.normal(stored.x0.view(), rng_key{9});

  stored_coupling<backend>{std::as_const(stored.x0).view()}.draw(be, b.view(), rng_key{1}, ws);

  EXPECT_EQ(rows_of(b.x0.view()), rows_of(stored.x0.view()));
}

TEST_F(MinibatchOt, StoredPairsOfAnotherBatchAreRefused) {
  batch_of stored(be, 5, 0);
  batch_of b(be, 5, 0);
  const stored_coupling<backend> four{rows(std::as_const(stored.x0).view(), 0, 4)};

  const auto message = message_of<invalid_input>([&] { four.draw(be, b.view(), rng_key{1}, ws); });

  EXPECT_THAT(message, HasSubstr("stored noise of shape [4, 2]"));
  EXPECT_THAT(message, HasSubstr("data of shape [5, 2]"));
}

/// The noise that a coupling gives to these samples.
template <class C>
std::vector<row> drawn(backend& be, C coupling, view<const double, 2, host_space> x1,
                       view<const double, 2, host_space> condition) {
  tensor<backend, 2> x0(be, {x1.shape()[0], x1.shape()[1]});
  workspace<backend> ws(be);
  coupling.draw(be, pair_batch<backend>{x0.view(), x1, condition}, rng_key{5}, ws);
  return rows_of(std::as_const(x0).view());
}

TEST(couplings, read_repeated_and_spread_rows_like_copies_of_them) {
  backend be;
  tensor<backend, 2> wide(be, {6, 5});
  be.normal(wide.view(), rng_key{1});
  const auto x1 = columns(std::as_const(wide).view(), 1, 2);
  const auto condition = repeat_rows(flatten(rows(std::as_const(wide).view(), 0, 1)), 6);
  tensor<backend, 2> dense_x1(be, {6, 2});
  tensor<backend, 2> dense_condition(be, {6, 5});
  be.copy(dense_x1.view(), x1);
  be.copy(dense_condition.view(), condition);
  const auto check = [&](const auto& coupling) {
    EXPECT_EQ(
        drawn(be, coupling, x1, condition),
        drawn(be, coupling, std::as_const(dense_x1).view(), std::as_const(dense_condition).view()));
  };

  check(minibatch_ot<double>{});
  check(minibatch_ot<double>{{.conditions = condition_rule::penalty}});
  check(entropic_ot<double>{});
}

TEST(couplings, refuse_samples_whose_numbers_are_spread_out) {
  backend be;
  batch_of batch(be, 6, 1);
  pair_batch<backend> spread = batch.view();
  spread.x1 = repeat_columns(flatten(spread.condition), 2);  // column stride 0
  pair_batch<backend> gaps = batch.view();
  tensor<backend, 2> wide(be, {6, 3});
  gaps.x0 = columns(wide.view(), 0, 2);
  workspace<backend> ws(be);

  EXPECT_THROW(minibatch_ot<double>{}.draw(be, spread, rng_key{1}, ws), invalid_input);
  EXPECT_THROW(entropic_ot<double>{}.draw(be, spread, rng_key{1}, ws), invalid_input);
  EXPECT_THROW(independent_coupling{}.draw(be, gaps, rng_key{1}, ws), invalid_input);
}

TEST(couplings, pair_samples_without_dimensions) {
  backend be;
  tensor<backend, 2> nothing(be, {3, 0});
  workspace<backend> ws(be);
  const pair_batch<backend> batch{nothing.view(), std::as_const(nothing).view(),
                                  std::as_const(nothing).view()};

  EXPECT_NO_THROW(minibatch_ot<double>{}.draw(be, batch, rng_key{1}, ws));
  EXPECT_NO_THROW(entropic_ot<double>{}.draw(be, batch, rng_key{1}, ws));
}

}  // namespace
}  // namespace flowkit
