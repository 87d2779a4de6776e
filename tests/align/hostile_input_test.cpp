// Alignment consumes what solvers leave behind: it must refuse what has no distance.
#include <gtest/gtest.h>
#include <flowkit/align/adaptive.hpp>
#include <flowkit/align/nearest.hpp>
#include <flowkit/align/selective.hpp>

#include "expert_fixture.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace flowkit {
namespace {

using backend = eigen<float>;

struct HostileAlignment : ::testing::Test {
  backend be;
  workspace<backend> ws{be};
  testing::expert_fixture<backend> f{be, rng_key{1}};
  tensor<backend, 2> aligned{be, f.x1.shape()};

  template <class Operator>
  void expect_refused(const std::string& text) {
    try {
      Operator{}(be, f.couplings(), f.index(), aligned.view(), ws);
      FAIL() << "accepted, although " << text;
    } catch (const invalid_input& e) {
      EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    }
  }
};

TEST_F(HostileAlignment, EndPointsThatAreNotFinite) {
  f.x1.view()(7, 3) = std::numeric_limits<float>::quiet_NaN();

  expect_refused<selective_alignment>("end point 7 is not finite");
  expect_refused<adaptive_alignment>("end point 7 is not finite");
}

TEST_F(HostileAlignment, FeaturesThatAreNotFinite) {
  f.features.view()(0, 0) = std::numeric_limits<float>::infinity();

  expect_refused<selective_alignment>("expert feature 0 is not finite");
}

TEST_F(HostileAlignment, WindowsThatBeginBeforeTheirEpisode) {
  f.offset[0] = -1;

  expect_refused<selective_alignment>("begins at step -1");
}

TEST_F(HostileAlignment, CouplingsOfWindowsThatDoNotExist) {
  f.window.view()(2) = static_cast<row_t>(f.windows);

  expect_refused<selective_alignment>(text("expert window ", f.windows));
}

TEST_F(HostileAlignment, RowsThatRepeat) {
  const auto repeated = repeat_rows(flatten(rows(f.x1.view(), 0, 1)), f.x1.shape()[0]);
  coupling_view<backend> couplings = f.couplings();
  couplings.x1 = repeated;

  EXPECT_THROW(selective_alignment{}(be, couplings, f.index(), aligned.view(), ws), invalid_input);
}

TEST_F(HostileAlignment, ChunksWithGaps) {
  tensor<backend, 2> wide(be, {f.x1.shape()[0], f.x1.shape()[1] + 1});
  coupling_view<backend> couplings = f.couplings();
  couplings.x1 = columns(std::as_const(wide).view(), 1, f.x1.shape()[1]);

  EXPECT_THROW(nearest_alignment{}(be, couplings, f.index(), aligned.view(), ws), invalid_input);
}

TEST(summarize, RefusesWhatIsNoDistance) {
  constexpr double infinity = std::numeric_limits<double>::infinity();

  for (const double bad : {-1.0, infinity, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW((void)summarize(std::vector{1.0, bad, 2.0}), invalid_input);
  }
}

TEST(summarize, CountsValuesFarBeyondTheBinsInTheLastOne) {
  const distance_summary s = summarize(std::vector{1e300, 0.0}, 1e-300);

  EXPECT_EQ(s.histogram.front(), 1);
  EXPECT_EQ(s.histogram.back(), 1);
}

}  // namespace
}  // namespace flowkit
