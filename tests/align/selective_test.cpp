#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <flowkit/align/selective.hpp>
#include <flowkit/backends/eigen.hpp>
#include <support/files.hpp>
#include <support/golden.hpp>

#include "expert_fixture.hpp"

namespace flowkit {
namespace {

using ::testing::HasSubstr;

template <class T>
struct golden_case {
  using backend = eigen<T>;
  static constexpr index_t steps = 16;
  static constexpr index_t width = 4;
  static constexpr index_t frame = 12;

  backend be;
  workspace<backend> ws{be};
  testing::golden_arrays data{"alignment.npz"};
  std::vector<double> ends = data.values("episode_ends");
  std::vector<double> actions = data.values("actions");
  std::vector<double> frames = data.values("frame_features");
  std::vector<double> pad = data.values("pad_feature");

  [[nodiscard]] index_t start(std::size_t e) const {
    return e == 0 ? 0 : static_cast<index_t>(ends[e - 1]);
  }
  [[nodiscard]] index_t length(std::size_t e) const {
    return static_cast<index_t>(ends[e]) - start(e);
  }

  [[nodiscard]] std::vector<std::pair<index_t, index_t>> windows(bool padded) const {
    const auto limit = static_cast<index_t>(data.values("pad_length")[0]);
    std::vector<std::pair<index_t, index_t>> out;
    for (index_t offset = 0; offset + steps <= limit; ++offset) {
      for (std::size_t e = 0; e < ends.size(); ++e) {
        if (padded || offset + steps <= length(e)) out.emplace_back(e, offset);
      }
    }
    return out;
  }

  void fill(index_t episode, index_t offset, view<T, 1, host_space> chunk,
            view<T, 1, host_space> feature) const {
    const auto e = static_cast<std::size_t>(episode);
    for (index_t i = 0; i < chunk.size(); ++i) {
      const index_t at = offset + i / width;
      const bool inside = at < length(e);
      const index_t flat = (start(e) + at) * width + i % width;
      chunk(i) = inside ? static_cast<T>(actions[static_cast<std::size_t>(flat)]) : T(0);
    }
    for (index_t i = 0; i < feature.size(); ++i) {
      const index_t at = offset + i / frame;
      const auto flat = static_cast<std::size_t>((start(e) + at) * frame + i % frame);
      feature(i) =
          static_cast<T>(at < length(e) ? frames[flat] : pad[static_cast<std::size_t>(i % frame)]);
    }
  }
};

template <class T>
struct SelectiveGolden : ::testing::Test {};
using scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SelectiveGolden, scalars);

/// Stated in the reference data: decisions and results equal, distances to rounding.
template <class T>
void check_mode(const std::string& mode, bool padded) {
  golden_case<T> g;
  const auto windows = g.windows(padded);
  const auto count = static_cast<index_t>(windows.size());
  tensor<eigen<T>, 2> chunks(g.be, {count, 64});
  tensor<eigen<T>, 2> features(g.be, {count, 24});
  for (index_t w = 0; w < count; ++w) {
    const auto [episode, offset] = windows[static_cast<std::size_t>(w)];
    g.fill(episode, offset, flatten(rows(chunks.view(), w, 1)),
           flatten(rows(features.view(), w, 1)));
  }
  const auto x1 = g.data.template on<eigen<T>>(g.be, "chunks", extents<2>{36, 64});
  const auto condition = g.data.template on<eigen<T>>(g.be, "conds", extents<2>{36, 24});
  tensor<eigen<T>, 2> aligned(g.be, {36, 64});
  const auto thresholds = g.data.values("thresholds");
  const selective_alignment align{.action_radius = thresholds[0], .feature_radius = thresholds[1]};

  const alignment_report report = align(
      g.be, {x1.view(), x1.view(), condition.view(), {}},
      {std::as_const(chunks).view(), std::as_const(features).view(), 16}, aligned.view(), g.ws);

  const auto value = [&](const char* name, std::size_t i) { return g.data.values(mode + name)[i]; };
  const double relative = std::is_same_v<T, float> ? 1e-5 : 1e-12;
  const double absolute = std::is_same_v<T, float> ? 1e-7 : 1e-12;
  for (std::size_t i = 0; i < 36; ++i) {
    const alignment_decision& d = report.decisions[i];
    EXPECT_EQ(static_cast<double>(d.reason), value("_reason", i)) << mode << " chunk " << i;
    const bool none = d.window < 0;
    const auto window =
        none ? std::pair<index_t, index_t>{-1, -1} : windows[static_cast<std::size_t>(d.window)];
    EXPECT_EQ(static_cast<double>(window.first), value("_episode", i)) << mode << " chunk " << i;
    EXPECT_EQ(static_cast<double>(window.second), value("_offset", i)) << mode << " chunk " << i;
    const double d_a = value("_d_a", i);
    const double d_o = value("_d_o", i);
    EXPECT_NEAR(d.distance, d_a, relative * std::abs(d_a) + absolute) << mode << " chunk " << i;
    EXPECT_NEAR(d.feature_distance, d_o, relative * std::abs(d_o) + absolute)
        << mode << " chunk " << i;
  }
  EXPECT_EQ(testing::elements(aligned.view()), g.data.values(mode + "_result"));
}

TYPED_TEST(SelectiveGolden, WindowsInsideEpisodes) { check_mode<TypeParam>("inside", false); }

TYPED_TEST(SelectiveGolden, WindowsThatRunIntoThePadding) { check_mode<TypeParam>("padded", true); }

TEST(SelectiveAlignment, OwnWindowSearchAgreesWithAllWindowsWhereThatChoosesTheOwn) {
  eigen<double> be;
  workspace ws(be);
  testing::expert_fixture f(be, rng_key{1});
  tensor<eigen<double>, 2> aligned(be, f.x1.shape());
  const selective_alignment all{.action_radius = 0.2, .feature_radius = 1e-9};
  selective_alignment own = all;
  own.search = alignment_search::own_window;

  const auto from_all = all(be, f.couplings(), f.index(), aligned.view(), ws);
  const auto from_own = own(be, f.couplings(), f.index(), aligned.view(), ws);

  // Conditions equal the own window's features, so no other window passes the feature test.
  EXPECT_GT(from_own.replaced, 0);
  EXPECT_LT(from_own.replaced, f.pairs);
  EXPECT_EQ(from_own.replaced, from_all.replaced);
  EXPECT_EQ(from_own.replaced_by_other_window, 0);
}

TEST(SelectiveAlignment, InfiniteRadiiReplaceEveryPairByItsOwnWindow) {
  eigen<float> be;
  workspace ws(be);
  testing::expert_fixture f(be, rng_key{1});
  tensor<eigen<float>, 2> aligned(be, f.x1.shape());
  const double everything = std::numeric_limits<double>::infinity();

  const auto report = selective_alignment{everything, everything, alignment_search::own_window}(
      be, f.couplings(), f.index(), aligned.view(), ws);

  EXPECT_EQ(report.replaced, f.pairs);
  EXPECT_EQ(report.after.largest, 0);
}

TEST(SelectiveAlignment, RadiiThatAreNoDistancesAreRefusedWithTheirValues) {
  eigen<float> be;
  workspace ws(be);
  testing::expert_fixture f(be, rng_key{1});
  tensor<eigen<float>, 2> aligned(be, f.x1.shape());

  const auto message = [&](const selective_alignment& align) {
    return testing::message_of<invalid_input>(
        [&] { align(be, f.couplings(), f.index(), aligned.view(), ws); });
  };

  EXPECT_THAT(message({.action_radius = -0.25, .feature_radius = 0.5}),
              HasSubstr("radii -0.25 (action) and 0.5 (feature): distances are not negative"));
  EXPECT_THAT(message({.action_radius = 0.25, .feature_radius = -2}),
              HasSubstr("radii 0.25 (action) and -2 (feature)"));
  EXPECT_THAT(message({.action_radius = std::numeric_limits<double>::quiet_NaN()}),
              HasSubstr("radii nan (action)"));
}

}  // namespace
}  // namespace flowkit
