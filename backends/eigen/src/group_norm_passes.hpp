// The passes of group normalisation over one image, made of kernels of columns.
#pragma once

#include "rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace flowkit::detail {

/// How the channels of one image fall into groups.
struct group_shape {
  index_t groups;
  index_t channels;  ///< of all groups
  index_t positions;
  index_t width;  ///< channels of one group

  [[nodiscard]] index_t first(index_t group) const { return group * width; }
  [[nodiscard]] double count() const { return static_cast<double>(width * positions); }
};

/// Sum over the channels of a group, in double: a group may hold 10^5 numbers.
template <class T>
double total(const T* values, index_t first, index_t last) {
  double sum = 0;
  for (index_t c = first; c < last; ++c) sum += static_cast<double>(values[c]);
  return sum;
}

/// Vectors of one value per channel that the passes over one image need: how x is normalised, sums
/// over positions, and coefficients of the last pass of a derivative.
enum vector_use : index_t { center, factor, sum, product, of_slope, of_input, constant_term };
constexpr index_t vector_count = 7;

/// What each pass over one image works with.
template <class T>
struct image_task {
  const kernel_table<T>& kernels;
  group_shape shape;
  const T* scale;
  T* scratch;

  [[nodiscard]] T* vector(vector_use i) const { return scratch + i * shape.channels; }
};

/// Mean and inverse deviation of every group.
template <class T>
struct statistics {
  const T* mean;
  const T* inverse_deviation;
};

/// Means and inverse deviations by two passes: no cancellation however far the mean is from 0.
template <class T>
void measure(const image_task<T>& t, T epsilon, matrix<const T> x, T* mean, T* inverse_deviation) {
  const group_shape& s = t.shape;
  T* sums = t.vector(sum);
  T* means = t.vector(center);
  t.kernels.sum(s.positions, s.channels, x, sums);
  for (index_t g = 0; g < s.groups; ++g) {
    mean[g] = static_cast<T>(total(sums, s.first(g), s.first(g + 1)) / s.count());
    std::fill(means + s.first(g), means + s.first(g + 1), mean[g]);
  }
  t.kernels.squares(s.positions, s.channels, x, means, sums);
  for (index_t g = 0; g < s.groups; ++g) {
    const double variance = total(sums, s.first(g), s.first(g + 1)) / s.count();
    const double deviation = std::sqrt(variance + static_cast<double>(epsilon));
    inverse_deviation[g] = static_cast<T>(1 / deviation);
  }
}

/// The rows of an image and how they are normalised. Leaves the means in their vector.
template <class T>
normalised_rows<T> normalised(const image_task<T>& t, const statistics<T>& known, const T* shift,
                              matrix<const T> x) {
  const group_shape& s = t.shape;
  T* means = t.vector(center);
  T* factors = t.vector(factor);
  for (index_t g = 0; g < s.groups; ++g) {
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) {
      means[c] = known.mean[g];
      factors[c] = known.inverse_deviation[g] * t.scale[c];
    }
  }
  return {s.positions, s.channels, x, means, factors, shift};
}

/// sums[c] times the inverse deviation of the group: x - mean becomes the normalised x.
template <class T>
void normalise_sums(const group_shape& s, const statistics<T>& known, T* sums) {
  for (index_t g = 0; g < s.groups; ++g) {
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) sums[c] *= known.inverse_deviation[g];
  }
}

/// y = v of_slope + (x - mean) of_input + constant_term
template <class T>
void combine(const image_task<T>& t, matrix<const T> v, matrix<const T> x, matrix<T> y) {
  t.kernels.combine(t.shape.positions, t.shape.channels, v, x, t.vector(center), t.vector(of_slope),
                    t.vector(of_input), t.vector(constant_term), y);
}

/// With n the normalised x, r the inverse deviation and s the scale:
/// dx = r (s dh - mean(s dh) - n mean(s dh n)); the means come from sums of dh and of dh n.
template <class T>
void backward(const image_task<T>& t, const statistics<T>& known, matrix<const T> dh,
              matrix<const T> x, const T* sums, const T* products, matrix<T> dx) {
  const group_shape& s = t.shape;
  for (index_t g = 0; g < s.groups; ++g) {
    double slope = 0;
    double input = 0;
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) {
      slope += static_cast<double>(t.scale[c] * sums[c]);
      input += static_cast<double>(t.scale[c] * products[c]);
    }
    const T r = known.inverse_deviation[g];
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) {
      t.vector(of_slope)[c] = r * t.scale[c];
      t.vector(of_input)[c] = -r * r * static_cast<T>(input / s.count());
      t.vector(constant_term)[c] = -r * static_cast<T>(slope / s.count());
    }
  }
  combine(t, dh, x, dx);
}

/// dy = r s (dx - mean(dx) - n mean(dx n)), symbols as above.
template <class T>
void tangent(const image_task<T>& t, const epilogue_kernels<T>& plain, const statistics<T>& known,
             matrix<const T> dx, matrix<const T> x, matrix<T> dy) {
  const group_shape& s = t.shape;
  T* const sums[] = {t.vector(sum), t.vector(product)};
  plain.pull(normalised<T>(t, known, nullptr, x), nullptr, dx, {}, sums);
  normalise_sums(s, known, sums[1]);
  for (index_t g = 0; g < s.groups; ++g) {
    const auto slope = static_cast<T>(total(sums[0], s.first(g), s.first(g + 1)) / s.count());
    const auto input = static_cast<T>(total(sums[1], s.first(g), s.first(g + 1)) / s.count());
    const T r = known.inverse_deviation[g];
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) {
      t.vector(of_slope)[c] = r * t.scale[c];
      t.vector(of_input)[c] = -r * r * t.scale[c] * input;
      t.vector(constant_term)[c] = -r * t.scale[c] * slope;
    }
  }
  combine(t, dx, x, dy);
}

template <class T>
group_shape shape_of(index_t groups, const view<const T, 3, host_space>& x) {
  FLOWKIT_EXPECT(groups > 0 && x.shape()[2] % groups == 0);
  return {groups, x.shape()[2], x.shape()[1], x.shape()[2] / groups};
}

/// Row n of the saved statistics.
template <class T>
statistics<T> row_of(const view<const T, 2, host_space>& mean,
                     const view<const T, 2, host_space>& inverse_deviation, index_t n) {
  return {mean.data() + n * mean.strides()[0],
          inverse_deviation.data() + n * inverse_deviation.strides()[0]};
}

/// Image n of the operands of an epilogue.
template <class T>
std::array<matrix<const T>, most_epilogue_operands> operands_of(
    std::span<const view<const T, 3, host_space>> others, index_t n) {
  std::array<matrix<const T>, most_epilogue_operands> out{};
  for (std::size_t i = 0; i < others.size(); ++i) out[i] = matrix_of(others[i], n);
  return out;
}

template <class T>
bool have_shape(std::span<const view<const T, 3, host_space>> others, const extents<3>& shape) {
  return std::all_of(others.begin(), others.end(), [&](auto& v) { return v.shape() == shape; });
}

}  // namespace flowkit::detail
