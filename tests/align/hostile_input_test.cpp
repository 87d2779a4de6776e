// Alignment consumes what solvers leave behind: it must refuse what has no distance.
#include <gtest/gtest.h>
#include <flowkit/align/adaptive.hpp>
#include <flowkit/align/selective.hpp>

#include "expert_fixture.hpp"

#include <limits>

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

}  // namespace
}  // namespace flowkit
