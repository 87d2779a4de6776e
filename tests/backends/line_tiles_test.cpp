// The maps of tiles of a convolution along lines, by every instruction set.
#include <flowkit/backends/line_tiles.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>
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

std::vector<float> product(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] * b[i];
  return out;
}

point_rows<const float> points_of(const std::vector<float>& v) {
  return {v.data(), size, row_step};
}

class line_tiles : public ::testing::TestWithParam<std::tuple<instruction_set, line_tile>> {
 protected:
  [[nodiscard]] static instruction_set set() { return std::get<0>(GetParam()); }
  [[nodiscard]] static line_tile shape() { return std::get<1>(GetParam()); }

  [[nodiscard]] static std::vector<float> at_points(tile_values what,
                                                    const tile_rows<const float>& from) {
    std::vector<float> out(static_cast<std::size_t>(shape().points() * size), -1);
    to_points(set(), shape(), what, rows, columns, from, {out.data(), size, row_step});
    return out;
  }

  static void back(tile_values what, const std::vector<float>& sums, const tile_rows<float>& to,
                   accumulate how) {
    from_points(set(), shape(), what, rows, columns, points_of(sums), to, how);
  }

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

  const values steps_ = random_values(shape().steps(), 1);
  const values taps_ = random_values(shape().taps, 2);
  const values slopes_ = random_values(shape().results, 3);
};

/// A result is a sum of 2 to 5 products of size 1 to 10, with up to 6 times the rounding of float.
constexpr float tolerance = 3e-5F;

TEST_P(line_tiles, give_the_results_of_neighbouring_windows) {
  const auto w = at_points(tile_values::taps, rows_of<const float>(taps_));
  const auto x = at_points(tile_values::steps, rows_of<const float>(steps_));
  for (index_t p = 0; p < shape().points(); ++p) expect_gaps(x.data() + p * size, -1);
  values y(slopes_.size(), std::vector<float>(size, 7));

  back(tile_values::results, product(w, x), rows_of<float>(y), accumulate::overwrite);

  for (std::size_t i = 0; i < y.size(); ++i) {
    for_elements([&](std::size_t at) {
      float expected = 0;
      for (std::size_t j = 0; j < taps_.size(); ++j) expected += steps_[i + j][at] * taps_[j][at];
      EXPECT_NEAR(y[i][at], expected, tolerance);
    });
    expect_gaps(y[i].data(), 7);
  }
}

TEST_P(line_tiles, give_the_gradient_of_the_taps) {
  const auto dy = at_points(tile_values::results, rows_of<const float>(slopes_));
  const auto x = at_points(tile_values::steps, rows_of<const float>(steps_));
  values dw(taps_.size(), std::vector<float>(size, 2));

  back(tile_values::taps, product(dy, x), rows_of<float>(dw), accumulate::add);

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

TEST_P(line_tiles, take_missing_steps_for_zeros_and_leave_out_results_that_nobody_wants) {
  values padded = steps_;
  padded.front().assign(size, 0);
  padded.back().assign(size, 0);
  auto some = rows_of<const float>(steps_);
  some.at[0] = nullptr;
  some.at[padded.size() - 1] = nullptr;
  const auto expected = at_points(tile_values::steps, rows_of<const float>(padded));
  const auto found = at_points(tile_values::steps, some);
  EXPECT_EQ(found, expected);

  values y(slopes_.size(), std::vector<float>(size, 7));
  auto wanted = rows_of<float>(y);
  wanted.at[y.size() - 1] = nullptr;
  back(tile_values::results, found, wanted, accumulate::overwrite);
  EXPECT_NE(y.front()[0], 7);
  EXPECT_EQ(y.back(), std::vector<float>(size, 7));
}

/// Elements of a part of a vector have the bits that they have in a whole one.
TEST_P(line_tiles, do_not_depend_on_the_place_of_an_element) {
  std::vector<float> one(static_cast<std::size_t>(shape().points()));
  const auto all = at_points(tile_values::taps, rows_of<const float>(taps_));
  for (index_t c = 0; c < columns; ++c) {
    auto tile = rows_of<const float>(taps_);
    for (index_t j = 0; j < shape().taps; ++j) tile.at[j] += c;
    to_points(set(), shape(), tile_values::taps, 1, 1, tile, {one.data(), 1, 1});
    for (index_t p = 0; p < shape().points(); ++p) {
      EXPECT_EQ(one[static_cast<std::size_t>(p)], all[static_cast<std::size_t>(p * size + c)]);
    }
  }
}

std::string name_of(
    const ::testing::TestParamInfo<std::tuple<instruction_set, line_tile>>& chosen) {
  const auto& [set, tile] = chosen.param;
  const char* const names[] = {"base", "v3", "v4"};
  return std::string(names[static_cast<int>(set)]) + "_" + std::to_string(tile.results) + "_of_" +
         std::to_string(tile.taps);
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

INSTANTIATE_TEST_SUITE_P(every, line_tiles,
                         ::testing::Combine(::testing::ValuesIn(supported_sets()),
                                            ::testing::Values(two_of_three, three_of_three,
                                                              four_of_three, four_of_five)),
                         name_of);

}  // namespace
}  // namespace flowkit::detail
