// The maps of tiles of a convolution over time, by every instruction set.
#include <flowkit/backends/time_tiles.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace flowkit::detail {
namespace {

/// Columns fill whole vectors and a part of one; rows lie further apart than they are long.
constexpr index_t rows = 3;
constexpr index_t columns = 37;
constexpr index_t row_step = 40;
constexpr index_t size = rows * row_step;

using values = std::vector<std::vector<float>>;

values random_values(index_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  values out(static_cast<std::size_t>(count), std::vector<float>(size));
  for (auto& value : out) {
    for (float& x : value) x = normal(generator);
  }
  return out;
}

template <class T, class Values>
tile_rows<T> rows_of(Values& v) {
  tile_rows<T> tile{{}, row_step};
  for (std::size_t i = 0; i < v.size(); ++i) tile.at[i] = v[i].data();
  return tile;
}

std::vector<float> at_points(instruction_set set, tile_values what,
                             const tile_rows<const float>& from) {
  std::vector<float> out(time_tile::points * size, -1);
  to_points(set, what, rows, columns, from, {out.data(), size, row_step});
  return out;
}

std::vector<float> product(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] * b[i];
  return out;
}

point_rows<const float> points_of(const std::vector<float>& v) {
  return {v.data(), size, row_step};
}

class time_tiles : public ::testing::TestWithParam<instruction_set> {
 protected:
  /// Calls f(element) for all elements of the rows.
  template <class F>
  static void for_elements(const F& f) {
    for (index_t r = 0; r < rows; ++r) {
      for (index_t c = 0; c < columns; ++c) f(static_cast<std::size_t>(r * row_step + c));
    }
  }

  /// Expects what was there before between the rows.
  static void expect_gaps(const float* matrix, float before) {
    for (index_t r = 0; r < rows; ++r) {
      for (index_t c = columns; c < row_step; ++c) EXPECT_EQ(matrix[r * row_step + c], before);
    }
  }

  const values steps_ = random_values(time_tile::steps, 1);
  const values taps_ = random_values(time_tile::taps, 2);
  const values slopes_ = random_values(time_tile::results, 3);
};

/// A result is a sum of 5 or 4 products of size 1 to 10, with up to 6 times the rounding of float.
constexpr float tolerance = 3e-5F;

TEST_P(time_tiles, give_the_four_results_of_five_taps) {
  const auto w = at_points(GetParam(), tile_values::taps, rows_of<const float>(taps_));
  const auto x = at_points(GetParam(), tile_values::steps, rows_of<const float>(steps_));
  for (index_t p = 0; p < time_tile::points; ++p) expect_gaps(x.data() + p * size, -1);
  values y(time_tile::results, std::vector<float>(size, 7));

  from_points(GetParam(), tile_values::results, rows, columns, points_of(product(w, x)),
              rows_of<float>(y), accumulate::overwrite);

  for (std::size_t i = 0; i < y.size(); ++i) {
    for_elements([&](std::size_t at) {
      float expected = 0;
      for (std::size_t j = 0; j < taps_.size(); ++j) expected += steps_[i + j][at] * taps_[j][at];
      EXPECT_NEAR(y[i][at], expected, tolerance);
    });
    expect_gaps(y[i].data(), 7);
  }
}

TEST_P(time_tiles, give_the_gradient_of_the_taps) {
  const auto dy = at_points(GetParam(), tile_values::results, rows_of<const float>(slopes_));
  const auto x = at_points(GetParam(), tile_values::steps, rows_of<const float>(steps_));
  values dw(time_tile::taps, std::vector<float>(size, 2));

  from_points(GetParam(), tile_values::taps, rows, columns, points_of(product(dy, x)),
              rows_of<float>(dw), accumulate::add);

  for (std::size_t j = 0; j < dw.size(); ++j) {
    for_elements([&](std::size_t at) {
      float expected = 2;
      for (std::size_t i = 0; i < slopes_.size(); ++i) {
        expected += steps_[i + j][at] * slopes_[i][at];
      }
      EXPECT_NEAR(dw[j][at], expected, tolerance);
    });
    expect_gaps(dw[j].data(), 2);
  }
}

TEST_P(time_tiles, take_missing_steps_for_zeros_and_leave_out_results_that_nobody_wants) {
  values padded = steps_;
  padded[0].assign(size, 0);
  padded[7].assign(size, 0);
  auto some = rows_of<const float>(steps_);
  some.at[0] = nullptr;
  some.at[7] = nullptr;
  const auto expected = at_points(GetParam(), tile_values::steps, rows_of<const float>(padded));
  const auto found = at_points(GetParam(), tile_values::steps, some);
  EXPECT_EQ(found, expected);

  values y(time_tile::results, std::vector<float>(size, 7));
  auto wanted = rows_of<float>(y);
  wanted.at[3] = nullptr;
  from_points(GetParam(), tile_values::results, rows, columns, points_of(found), wanted,
              accumulate::overwrite);
  EXPECT_NE(y[2][0], 7);
  EXPECT_EQ(y[3], std::vector<float>(size, 7));
}

/// Elements of a part of a vector have the bits that they have in a whole one.
TEST_P(time_tiles, do_not_depend_on_the_place_of_an_element) {
  std::vector<float> one(time_tile::points);
  const auto all = at_points(GetParam(), tile_values::taps, rows_of<const float>(taps_));
  for (index_t c = 0; c < columns; ++c) {
    auto tile = rows_of<const float>(taps_);
    for (index_t j = 0; j < time_tile::taps; ++j) tile.at[j] += c;
    to_points(GetParam(), tile_values::taps, 1, 1, tile, {one.data(), 1, 1});
    for (index_t p = 0; p < time_tile::points; ++p) {
      EXPECT_EQ(one[static_cast<std::size_t>(p)], all[static_cast<std::size_t>(p * size + c)]);
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<instruction_set>& chosen) {
  const char* const names[] = {"base", "v3", "v4"};
  return names[static_cast<int>(chosen.param)];
}

/// The sets that this processor runs.
std::vector<instruction_set> supported_sets() {
  std::vector<instruction_set> out;
  for (const instruction_set set :
       {instruction_set::base, instruction_set::v3, instruction_set::v4}) {
    if (set <= best_instruction_set()) out.push_back(set);
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(every, time_tiles, ::testing::ValuesIn(supported_sets()), name_of);

}  // namespace
}  // namespace flowkit::detail
