// Grids name the times of their steps and refuse what cannot be one.
#include <flowkit/solver/concepts.hpp>
#include <flowkit/solver/time_grid.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace flowkit {
namespace {

static_assert(TimeGrid<uniform_grid> && TimeGrid<custom_grid> && TimeGrid<sampler_grid>);

/// Times alone: where the last step ends remains unknown.
struct grid_without_end {
  [[nodiscard]] index_t steps() const { return 1; }
  [[nodiscard]] double time(index_t) const { return 0; }
  [[nodiscard]] double step(index_t) const { return 1; }
};
static_assert(!TimeGrid<grid_without_end>);

/// Steps are counted, not measured.
struct grid_of_half_steps : uniform_grid {
  [[nodiscard]] double steps() const { return 1.5; }
};
static_assert(!TimeGrid<grid_of_half_steps>);

/// Grids are read through a constant reference.
struct grid_that_changes : uniform_grid {
  double time(index_t) { return 0; }
};
static_assert(!TimeGrid<grid_that_changes>);
static_assert(!TimeGrid<time_span> && !TimeGrid<std::vector<double>>);

TEST(uniform_grid, divides_its_span) {
  const uniform_grid grid(1, 0, 4);

  EXPECT_EQ(grid.steps(), 4);
  EXPECT_DOUBLE_EQ(grid.step(2), -0.25);
  EXPECT_DOUBLE_EQ(grid.time(3), 0.25);
  EXPECT_DOUBLE_EQ(grid.end(), 0);
}

TEST(uniform_grid, refuses_no_steps_and_infinite_times) {
  EXPECT_THROW(uniform_grid(0, 1, 0), invalid_input);
  EXPECT_THROW(uniform_grid(0, 1, -3), invalid_input);
  EXPECT_THROW(uniform_grid(0, std::numeric_limits<double>::infinity(), 3), invalid_input);
  EXPECT_THROW(uniform_grid(std::numeric_limits<double>::quiet_NaN(), 1, 3), invalid_input);
  EXPECT_THROW(uniform_grid(-1e308, 1e308, 3), invalid_input);  // steps of infinite length
}

TEST(custom_grid, steps_between_its_times) {
  const std::vector<double> times{0, 0.5, 0.75};
  const custom_grid grid(times);

  EXPECT_EQ(grid.steps(), 2);
  EXPECT_DOUBLE_EQ(grid.time(1), 0.5);
  EXPECT_DOUBLE_EQ(grid.step(1), 0.25);
  EXPECT_DOUBLE_EQ(grid.end(), 0.75);
}

TEST(custom_grid, refuses_times_that_are_not_monotonic) {
  for (const std::vector<double>& times : {std::vector<double>{},
                                           {1},
                                           {0, 0},
                                           {0, 1, 0.5},
                                           {1, 0, 0.5},
                                           {0, std::numeric_limits<double>::quiet_NaN()}}) {
    EXPECT_THROW(custom_grid{times}, invalid_input) << times.size() << " times";
  }
  EXPECT_NO_THROW(custom_grid(std::vector<double>{1, 0.5, 0}));
}

TEST(sampler_grid, begins_at_epsilon_and_takes_whole_steps) {
  const sampler_grid one(1);
  const sampler_grid four(4, 0.001);

  EXPECT_DOUBLE_EQ(one.time(0), 1e-3);
  EXPECT_DOUBLE_EQ(one.step(0), 1);
  EXPECT_DOUBLE_EQ(four.step(3), 0.25);
  EXPECT_DOUBLE_EQ(four.time(2), 0.5 * 0.999 + 0.001);
  EXPECT_THROW(sampler_grid(0), invalid_input);
  EXPECT_THROW(sampler_grid(4, 1), invalid_input);
}

}  // namespace
}  // namespace flowkit
