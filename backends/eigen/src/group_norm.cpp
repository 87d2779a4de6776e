#include "rows.hpp"
#include "state.hpp"

#include <algorithm>
#include <cmath>

namespace flowkit {
namespace {

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

/// Vectors of one value per channel that the passes over one image need.
constexpr index_t vector_count = 6;

/// What each pass over one image works with.
template <class T>
struct image_task {
  const kernel_table<T>& kernels;
  group_shape shape;
  const T* scale;
  T* scratch;

  [[nodiscard]] T* vector(index_t i) const { return scratch + i * shape.channels; }
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
  T* sums = t.vector(0);
  T* center = t.vector(1);
  t.kernels.sum(s.positions, s.channels, x, sums);
  for (index_t g = 0; g < s.groups; ++g) {
    mean[g] = static_cast<T>(total(sums, s.first(g), s.first(g + 1)) / s.count());
    std::fill(center + s.first(g), center + s.first(g + 1), mean[g]);
  }
  t.kernels.squares(s.positions, s.channels, x, center, sums);
  for (index_t g = 0; g < s.groups; ++g) {
    const double variance = total(sums, s.first(g), s.first(g + 1)) / s.count();
    const double deviation = std::sqrt(variance + static_cast<double>(epsilon));
    inverse_deviation[g] = static_cast<T>(1 / deviation);
  }
}

/// y = (x - mean) inverse_deviation scale + shift
template <class T>
void normalise(const image_task<T>& t, const statistics<T>& known, const T* shift,
               matrix<const T> x, matrix<T> y) {
  T* factor = t.vector(0);
  T* center = t.vector(1);
  for (index_t g = 0; g < t.shape.groups; ++g) {
    for (index_t c = t.shape.first(g); c < t.shape.first(g + 1); ++c) {
      factor[c] = known.inverse_deviation[g] * t.scale[c];
      center[c] = known.mean[g];
    }
  }
  t.kernels.rescale(t.shape.positions, t.shape.channels, x, center, factor, shift, y);
}

/// Per channel the sums of v and of v times the normalised x. Leaves the means in vector 0.
template <class T>
void correlate(const image_task<T>& t, const statistics<T>& known, matrix<const T> v,
               matrix<const T> x, T* sums, T* products) {
  const group_shape& s = t.shape;
  T* center = t.vector(0);
  for (index_t g = 0; g < s.groups; ++g) {
    std::fill(center + s.first(g), center + s.first(g + 1), known.mean[g]);
  }
  t.kernels.moments(s.positions, s.channels, v, x, center, sums, products);
  for (index_t g = 0; g < s.groups; ++g) {
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) products[c] *= known.inverse_deviation[g];
  }
}

/// With n the normalised x, r the inverse deviation and s the scale:
/// dx = r (s dy - mean(s dy) - n mean(s dy n)); the means come from the sums of `correlate`.
template <class T>
void backward(const image_task<T>& t, const statistics<T>& known, matrix<const T> dy,
              matrix<const T> x, const T* sums, const T* products, matrix<T> dx) {
  const group_shape& s = t.shape;
  for (index_t g = 0; g < s.groups; ++g) {
    double sum = 0;
    double product = 0;
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) {
      sum += static_cast<double>(t.scale[c] * sums[c]);
      product += static_cast<double>(t.scale[c] * products[c]);
    }
    const T r = known.inverse_deviation[g];
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) {
      t.vector(3)[c] = r * t.scale[c];
      t.vector(4)[c] = -r * r * static_cast<T>(product / s.count());
      t.vector(5)[c] = -r * static_cast<T>(sum / s.count());
    }
  }
  t.kernels.combine(s.positions, s.channels, dy, x, t.vector(0), t.vector(3), t.vector(4),
                    t.vector(5), dx);
}

/// dy = r s (dx - mean(dx) - n mean(dx n)), symbols as above.
template <class T>
void tangent(const image_task<T>& t, const statistics<T>& known, matrix<const T> dx,
             matrix<const T> x, matrix<T> dy) {
  const group_shape& s = t.shape;
  T* sums = t.vector(1);
  T* products = t.vector(2);
  correlate(t, known, dx, x, sums, products);
  for (index_t g = 0; g < s.groups; ++g) {
    const auto mean = static_cast<T>(total(sums, s.first(g), s.first(g + 1)) / s.count());
    const auto product = static_cast<T>(total(products, s.first(g), s.first(g + 1)) / s.count());
    const T r = known.inverse_deviation[g];
    for (index_t c = s.first(g); c < s.first(g + 1); ++c) {
      t.vector(3)[c] = r * t.scale[c];
      t.vector(4)[c] = -r * r * t.scale[c] * product;
      t.vector(5)[c] = -r * t.scale[c] * mean;
    }
  }
  t.kernels.combine(s.positions, s.channels, dx, x, t.vector(0), t.vector(3), t.vector(4),
                    t.vector(5), dy);
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

}  // namespace

template <class T>
void eigen<T>::group_norm(index_t groups, T epsilon, constant_view<3> x, constant_view<1> scale,
                          constant_view<1> shift, mutable_view<3> y, mutable_view<2> mean,
                          mutable_view<2> inverse_deviation) {
  FLOWKIT_EXPECT(x.shape() == y.shape() && scale.dense() && shift.dense());
  const group_shape shape = shape_of(groups, x);
  const kernel_table<T>& table = kernels<T>(this->instructions());
  const auto image = [&](index_t n, T* scratch) {
    const image_task<T> task{table, shape, scale.data(), scratch};
    T* means = mean.data() + n * mean.strides()[0];
    T* deviations = inverse_deviation.data() + n * inverse_deviation.strides()[0];
    measure(task, epsilon, matrix_of(x, n), means, deviations);
    normalise(task, {means, deviations}, shift.data(), matrix_of(x, n), matrix_of(y, n));
  };
  state_->for_each_image(*this, x.shape()[0], shape.positions * shape.channels,
                         vector_count * shape.channels, image);
}

template <class T>
void eigen<T>::group_norm_backward(index_t groups, constant_view<3> x, constant_view<1> scale,
                                   constant_view<2> mean, constant_view<2> inverse_deviation,
                                   constant_view<3> dy, mutable_view<3> dx, mutable_view<1> dscale,
                                   mutable_view<1> dshift) {
  FLOWKIT_EXPECT(x.shape() == dy.shape() && x.shape() == dx.shape() && scale.dense());
  FLOWKIT_EXPECT(dscale.dense() && dshift.dense());
  const group_shape shape = shape_of(groups, x);
  const index_t batch = x.shape()[0];
  const kernel_table<T>& table = kernels<T>(this->instructions());
  // Kept per image and added up in one order afterwards, whatever the number of threads.
  T* sums = state::grown(*this, state_->sums, 2 * batch * shape.channels);
  T* products = sums + batch * shape.channels;
  const auto image = [&](index_t n, T* scratch) {
    const image_task<T> task{table, shape, scale.data(), scratch};
    const statistics<T> known = row_of(mean, inverse_deviation, n);
    T* sum = sums + n * shape.channels;
    T* product = products + n * shape.channels;
    correlate(task, known, matrix_of(dy, n), matrix_of(x, n), sum, product);
    backward(task, known, matrix_of(dy, n), matrix_of(x, n), sum, product, matrix_of(dx, n));
  };
  state_->for_each_image(*this, batch, shape.positions * shape.channels,
                         vector_count * shape.channels, image);
  for (index_t n = 0; n < batch; ++n) {
    const index_t from = n * shape.channels;
    table.add(1, shape.channels, {products + from, 0}, {dscale.data(), 0});
    table.add(1, shape.channels, {sums + from, 0}, {dshift.data(), 0});
  }
}

template <class T>
void eigen<T>::group_norm_jvp(index_t groups, constant_view<3> x, constant_view<1> scale,
                              constant_view<2> mean, constant_view<2> inverse_deviation,
                              constant_view<3> dx, mutable_view<3> dy) {
  FLOWKIT_EXPECT(x.shape() == dx.shape() && x.shape() == dy.shape() && scale.dense());
  const group_shape shape = shape_of(groups, x);
  const kernel_table<T>& table = kernels<T>(this->instructions());
  const auto image = [&](index_t n, T* scratch) {
    const image_task<T> task{table, shape, scale.data(), scratch};
    tangent(task, row_of(mean, inverse_deviation, n), matrix_of(dx, n), matrix_of(x, n),
            matrix_of(dy, n));
  };
  state_->for_each_image(*this, x.shape()[0], shape.positions * shape.channels,
                         vector_count * shape.channels, image);
}

template void eigen<float>::group_norm(index_t, float, constant_view<3>, constant_view<1>,
                                       constant_view<1>, mutable_view<3>, mutable_view<2>,
                                       mutable_view<2>);
template void eigen<double>::group_norm(index_t, double, constant_view<3>, constant_view<1>,
                                        constant_view<1>, mutable_view<3>, mutable_view<2>,
                                        mutable_view<2>);
template void eigen<float>::group_norm_backward(index_t, constant_view<3>, constant_view<1>,
                                                constant_view<2>, constant_view<2>,
                                                constant_view<3>, mutable_view<3>, mutable_view<1>,
                                                mutable_view<1>);
template void eigen<double>::group_norm_backward(index_t, constant_view<3>, constant_view<1>,
                                                 constant_view<2>, constant_view<2>,
                                                 constant_view<3>, mutable_view<3>, mutable_view<1>,
                                                 mutable_view<1>);
template void eigen<float>::group_norm_jvp(index_t, constant_view<3>, constant_view<1>,
                                           constant_view<2>, constant_view<2>, constant_view<3>,
                                           mutable_view<3>);
template void eigen<double>::group_norm_jvp(index_t, constant_view<3>, constant_view<1>,
                                            constant_view<2>, constant_view<2>, constant_view<3>,
                                            mutable_view<3>);

}  // namespace flowkit
