// Pairs of reflow: noise from a key, end points from the solver, and a status for each.
#include <flowkit/align/rectify.hpp>

#include "support/batch.hpp"
#include "support/files.hpp"

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/solver/time_grid.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace flowkit {
namespace {

using backend = eigen<double>;
using ::testing::HasSubstr;
using testing::host;

/// Turns and grows with time.
auto spiral() {
  return analytic_field<2>([](auto t, auto p) { return point{t * p[0] - p[1], p[0] + p[1]}; });
}

class rectified : public ::testing::Test {
 protected:
  template <class V>
  generated_pairs<backend> pairs(V&& field, index_t n, rng_key key) {
    return rectify(be_, heun{}, field, {n, 2}, uniform_grid(0, 1, 8), key, ws_);
  }

  backend be_;
  workspace<backend> ws_{be_};
};

TEST_F(rectified, noise_of_a_row_depends_on_the_key_and_the_row_alone) {
  const auto few = pairs(spiral(), 5, rng_key{3});
  const auto many = pairs(spiral(), 500, rng_key{3});
  const auto others = pairs(spiral(), 5, rng_key{4});

  EXPECT_EQ(host(few.x0), host(rows(many.x0.view(), 0, 5)));
  EXPECT_EQ(host(few.x1), host(rows(many.x1.view(), 0, 5)));
  EXPECT_NE(host(few.x0), host(others.x0));
}

// Bit for bit: the same call on the same numbers.
TEST_F(rectified, end_points_are_where_the_field_takes_the_noise) {
  const auto found = pairs(spiral(), 33, rng_key{1});
  tensor<backend, 2> x(be_, {33, 2});
  be_.copy(x.view(), found.x0.view());

  integrate(be_, heun{}, spiral(), x.view(), uniform_grid(0, 1, 8), ws_);

  EXPECT_EQ(host(found.x1), host(x));
  EXPECT_NE(host(found.x1), host(found.x0));
  EXPECT_TRUE(found.result.all_reached_end());
}

TEST_F(rectified, a_sample_that_did_not_finish_says_so) {
  // The velocity is not a number left of -1, where one of six normal numbers lies, and nothing
  // crosses the border.
  const auto half_plane = analytic_field<2>([](auto, auto p) {
    using std::sqrt;
    return point{0 * sqrt(p[0] + 1), p[1]};
  });
  const index_t n = 200;

  const auto found = pairs(half_plane, n, rng_key{2});

  ASSERT_EQ(found.result.samples.size(), 200U);
  for (index_t i = 0; i < n; ++i) {
    const bool finishes = found.x0.view()(i, 0) >= -1;
    const auto expected = finishes ? sample_status::reached_end : sample_status::non_finite;
    EXPECT_EQ(found.result.samples[static_cast<std::size_t>(i)].status, expected) << "pair " << i;
    EXPECT_EQ(std::isfinite(found.x1.view()(i, 0)), finishes) << "pair " << i;
  }
  const index_t lost = found.result.count(sample_status::non_finite);
  EXPECT_GT(lost, 0);
  EXPECT_LT(lost, n);
}

TEST_F(rectified, a_grid_that_does_not_lead_to_the_data_is_refused) {
  const auto message = testing::message_of<invalid_input>([&] {
    (void)rectify(be_, heun{}, spiral(), {3, 2}, uniform_grid(1, 0, 8), rng_key{1}, ws_);
  });

  EXPECT_THAT(message, HasSubstr("ends at 0"));
  EXPECT_THAT(message, HasSubstr("data lie at t = 1"));
}

}  // namespace
}  // namespace flowkit
