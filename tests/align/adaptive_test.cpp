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

TEST(AdaptiveAlignment, KeepsWhatIsFarFromEveryExpertAndReplacesWhatIsNear) {
  backend be;
  const testing::expert_fixture f(be, rng_key{1});

  const alignment_report report = align(be, f);

  index_t near = 0;
  index_t far = 0;
  for (index_t i = 0; i < f.pairs; ++i) {
    const bool replaced =
        report.decisions[static_cast<std::size_t>(i)].reason == alignment_reason::replaced;
    (f.window.view()(i) % 2 == 0 ? near : far) += replaced ? 1 : 0;
  }
  // Even windows carry noise of 0.02 against experts that differ by 0.05, odd ones of 0.2.
  EXPECT_GT(near, f.pairs / 2 * 9 / 10);
  EXPECT_LT(far, f.pairs / 2 * 3 / 10);
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
}

}  // namespace
}  // namespace flowkit
