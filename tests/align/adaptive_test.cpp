#include <gtest/gtest.h>
#include <flowkit/align/adaptive.hpp>
#include <flowkit/backends/eigen.hpp>

#include "expert_fixture.hpp"

namespace flowkit {
namespace {

using backend = eigen<double>;

alignment_report align(backend& be, const testing::expert_fixture<backend>& f,
                       const adaptive_alignment& with = {}) {
  workspace ws(be);
  tensor<backend, 2> aligned(be, f.x1.shape());
  return with(be, f.couplings(), f.index(), aligned.view(), ws);
}

std::vector<row_t> chosen(const alignment_report& report) {
  std::vector<row_t> out;
  for (const auto& d : report.decisions) {
    out.push_back(d.reason == alignment_reason::replaced ? d.window : row_t{-1});
  }
  return out;
}

/// Experts who act at one place in two ways, +1 and another value, give or take a little; pairs
/// that all belong to window 0 of the first way.
struct two_ways {
  static constexpr index_t windows = 24;
  backend be{};
  tensor<backend, 2> chunks{be, {windows, 2}};
  tensor<backend, 2> features{be, {windows, 1}};
  std::vector<row_t> episode;
  std::vector<row_t> offset;

  explicit two_ways(double other = -1, double deviation = 0.03) {
    be.normal(chunks.view(), rng_key{7});
    be.normal(features.view(), rng_key{8});
    for (index_t w = 0; w < windows; ++w) {
      const double way = w % 2 == 1 ? other : 1;
      for (index_t c = 0; c < 2; ++c) chunks.view()(w, c) = way + deviation * chunks.view()(w, c);
      episode.push_back(static_cast<row_t>(w));
      offset.push_back(0);
    }
  }

  /// What becomes of chunks (value, value).
  std::vector<alignment_decision> decide(const std::vector<double>& values) {
    const auto n = static_cast<index_t>(values.size());
    tensor<backend, 2> x1(be, {n, 2});
    tensor<backend, 2> condition(be, {n, 1});
    tensor<backend, 1, row_t> window(be, {n});
    for (index_t i = 0; i < n; ++i) {
      x1.view()(i, 0) = x1.view()(i, 1) = values[static_cast<std::size_t>(i)];
      condition.view()(i, 0) = features.view()(0, 0);
      window.view()(i) = 0;
    }
    workspace ws(be);
    tensor<backend, 2> aligned(be, {n, 2});
    const coupling_view<backend> pairs{x1.view(), x1.view(), condition.view(), window.view()};
    const expert_index<backend> experts{chunks.view(), features.view(), 1, episode, offset};
    return adaptive_alignment{}(be, pairs, experts, aligned.view(), ws).decisions;
  }

  /// All become the chunk of window 0, although others may be nearer.
  void expect_own(const std::vector<double>& values) {
    const std::vector<alignment_decision> found = decide(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(found[i].reason, alignment_reason::replaced) << values[i];
      EXPECT_EQ(found[i].window, 0) << values[i];
    }
  }
};

/// What a flow makes that errs by more than experts of one way differ.
const std::vector<double> around_one{0.5, 0.6, 0.7, 1.3, 1.4, 1.5};

TEST(AdaptiveAlignment, TakesTheOwnChunkFromAnywhereOnTheOwnWay) {
  two_ways experts;

  experts.expect_own(around_one);
}

TEST(AdaptiveAlignment, NeverMovesAChunkToAnotherWay) {
  two_ways experts;
  std::vector<double> values = around_one;
  values.push_back(-0.4);
  values.push_back(experts.chunks.view()(5, 0));

  const std::vector<alignment_decision> found = experts.decide(values);

  EXPECT_NE(found[6].reason, alignment_reason::replaced) << "between the ways";
  EXPECT_TRUE(found[7].reason != alignment_reason::replaced || found[7].window % 2 == 1);
}

TEST(AdaptiveAlignment, WhereExpertsActOneWayThereIsNothingToConfuse) {
  two_ways experts(1);

  experts.expect_own({-0.4, 0.5, 3.0});
}

TEST(AdaptiveAlignment, DifferencesBelowTheErrorOfTheFlowAreNoWays) {
  // Ten deviations lie between the two groups, but the chunks are ten times as far from both.
  two_ways experts(1.01, 0.001);

  experts.expect_own({0.9, 1.1});
}

TEST(AdaptiveAlignment, RescalingADimensionChangesNoDecision) {
  backend be;
  const testing::expert_fixture f(be, rng_key{2});
  const std::vector<row_t> before = chosen(align(be, f));
  testing::expert_fixture g(be, rng_key{2});
  // Powers of two, so that only the metric could change a decision, not rounding.
  const auto rescale = [](view<double, 2, host_space> x, index_t column, index_t period,
                          double factor) {
    for (index_t i = 0; i < x.shape()[0]; ++i) {
      for (index_t c = column; c < x.shape()[1]; c += period) x(i, c) *= factor;
    }
  };
  rescale(g.chunks.view(), 1, g.width, 1024);
  rescale(g.x1.view(), 1, g.width, 1024);
  rescale(g.features.view(), 3, g.feature_size, 1.0 / 256);
  rescale(g.condition.view(), 3, g.feature_size, 1.0 / 256);

  EXPECT_EQ(chosen(align(be, g)), before);
}

TEST(AdaptiveAlignment, KnownNeighboursAreThoseThatASearchFinds) {
  backend be;
  const testing::expert_fixture f(be, rng_key{5});
  testing::expert_fixture g(be, rng_key{5});
  // So little that no neighbour changes, but these are not what the own window saw any more.
  for (index_t i = 1; i < g.pairs; i += 2) g.condition.view()(i, 0) += 1e-13;

  const alignment_report known = align(be, f);
  const alignment_report searched = align(be, g);

  for (std::size_t i = 0; i < known.decisions.size(); ++i) {
    EXPECT_EQ(searched.decisions[i].window, known.decisions[i].window) << i;
    EXPECT_EQ(searched.decisions[i].distance, known.decisions[i].distance) << i;
  }
}

TEST(AdaptiveAlignment, PullMovesPartOfTheWay) {
  backend be;
  workspace ws(be);
  const testing::expert_fixture f(be, rng_key{3});
  tensor<backend, 2> replaced(be, f.x1.shape());
  tensor<backend, 2> pulled(be, f.x1.shape());
  adaptive_alignment{}(be, f.couplings(), f.index(), replaced.view(), ws);

  const auto report = adaptive_alignment{.move = alignment_move::pull}(be, f.couplings(), f.index(),
                                                                       pulled.view(), ws);

  ASSERT_GT(report.replaced, 0);
  for (index_t i = 0; i < f.pairs; ++i) {
    const auto from = testing::elements(rows(f.x1.view(), i, 1));
    const auto to = testing::elements(rows(replaced.view(), i, 1));
    const auto at = testing::elements(rows(pulled.view(), i, 1));
    const double whole = step_distance(from.data(), to.data(), 12, 4);
    const double left = step_distance(at.data(), to.data(), 12, 4);
    // The weight lies in [1/2, 1) inside the radius and is 0 outside, where nothing moves.
    EXPECT_LE(left, 0.5 * whole + 1e-12) << "pair " << i;
  }
}

TEST(AdaptiveAlignment, ConstantDimensionsTakeNoPart) {
  backend be;
  testing::expert_fixture f(be, rng_key{4});
  for (index_t w = 0; w < f.windows; ++w) f.features.view()(w, 2) = 7;
  for (index_t i = 0; i < f.pairs; ++i) f.condition.view()(i, 2) = 7;

  const alignment_report report = align(be, f);

  EXPECT_GT(report.replaced, 0);
  for (const auto& d : report.decisions) EXPECT_TRUE(std::isfinite(d.distance));
}

TEST(AdaptiveAlignment, PairsWithEqualConditionsAreDecidedAsIfAlone) {
  backend be;
  const testing::expert_fixture f(be, rng_key{6});
  const std::vector<row_t> alone = chosen(align(be, f));
  // Every pair twice in a row: runs of equal conditions share one search.
  const index_t n = f.pairs;
  tensor<backend, 2> x1(be, {2 * n, f.x1.shape()[1]});
  tensor<backend, 2> condition(be, {2 * n, f.condition.shape()[1]});
  tensor<backend, 1, row_t> window(be, {2 * n});
  for (index_t i = 0; i < 2 * n; ++i) {
    be.copy(rows(x1.view(), i, 1), rows(f.x1.view(), i / 2, 1));
    be.copy(rows(condition.view(), i, 1), rows(f.condition.view(), i / 2, 1));
    window.view()(i) = f.window.view()(i / 2);
  }
  coupling_view<backend> twice = f.couplings();
  twice.x0 = x1.view();
  twice.x1 = x1.view();
  twice.condition = condition.view();
  twice.window = window.view();
  tensor<backend, 2> aligned(be, x1.shape());
  workspace ws(be);

  const std::vector<row_t> both =
      chosen(adaptive_alignment{}(be, twice, f.index(), aligned.view(), ws));

  for (index_t i = 0; i < 2 * n; ++i) {
    EXPECT_EQ(both[static_cast<std::size_t>(i)], alone[static_cast<std::size_t>(i / 2)]);
  }
}

TEST(AdaptiveAlignment, SettingsOutOfRangeAreRefused) {
  backend be;
  const testing::expert_fixture f(be, rng_key{5});

  EXPECT_THROW(align(be, f, {.neighbours = 1}), invalid_input);
  EXPECT_THROW(align(be, f, {.quantile = 0}), invalid_input);
  EXPECT_THROW(align(be, f, {.scale = -1}), invalid_input);
  EXPECT_THROW(align(be, f, {.separation = 0.5}), invalid_input);
}

}  // namespace
}  // namespace flowkit
