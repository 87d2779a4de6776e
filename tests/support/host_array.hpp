// Arrays of doubles on the host: inputs of operations under test and results of reference loops.
#pragma once

#include <flowkit/backend/tensor.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace flowkit::testing {

/// Dense row-major array of rank R.
template <std::size_t R>
struct host_array {
  extents<R> shape{};
  std::vector<double> values;

  host_array() = default;
  explicit host_array(const extents<R>& s, double value = 0)
      : shape(s), values(static_cast<std::size_t>(size_of(s)), value) {}

  template <class... I>
  double& operator()(I... index) {
    return values[offset({static_cast<index_t>(index)...})];
  }
  template <class... I>
  double operator()(I... index) const {
    return values[offset({static_cast<index_t>(index)...})];
  }

 private:
  [[nodiscard]] std::size_t offset(const extents<R>& index) const {
    const extents<R> strides = dense_strides(shape);
    index_t at = 0;
    for (std::size_t axis = 0; axis < R; ++axis) at += index[axis] * strides[axis];
    return static_cast<std::size_t>(at);
  }
};

/// Normal numbers rounded to float, so that every scalar type starts from the same values.
template <std::size_t R>
host_array<R> random_array(const extents<R>& shape, std::uint32_t seed) {
  host_array<R> out(shape);
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  for (double& x : out.values) x = static_cast<double>(normal(engine));
  return out;
}

/// The array in the memory of a backend. U: element type.
template <class U, class B, std::size_t R>
tensor<B, R, U> on_backend_as(B& be, const host_array<R>& a) {
  tensor<B, R, U> out(be, a.shape);
  const std::vector<U> converted(a.values.begin(), a.values.end());
  be.upload(flatten(out.view()), std::span<const U>(converted));
  return out;
}

template <class B, std::size_t R>
tensor<B, R> on_backend(B& be, const host_array<R>& a) {
  return on_backend_as<typename B::value_type>(be, a);
}

/// An output that holds NaN, so that a result which reads it or leaves a gap shows.
template <class B, std::size_t R>
tensor<B, R> nan_tensor(B& be, const extents<R>& shape) {
  tensor<B, R> out(be, shape);
  be.fill(out.view(), std::numeric_limits<typename B::value_type>::quiet_NaN());
  return out;
}

/// The elements of a dense tensor of any element type.
template <class B, std::size_t R, class U>
host_array<R> on_host(B& be, const tensor<B, R, U>& t) {
  std::vector<U> elements(static_cast<std::size_t>(t.size()));
  be.download(std::span<U>(elements), flatten(t.view()));
  host_array<R> out(t.shape());
  out.values.assign(elements.begin(), elements.end());
  return out;
}

/// Fails where |actual - expected| > tolerance (1 + |expected|), or where only one is NaN.
template <std::size_t R>
void expect_close(const host_array<R>& actual, const host_array<R>& expected, double tolerance) {
  ASSERT_EQ(actual.shape, expected.shape);
  for (std::size_t i = 0; i < actual.values.size(); ++i) {
    const double a = actual.values[i];
    const double e = expected.values[i];
    if (std::isnan(e) ? std::isnan(a) : std::abs(a - e) <= tolerance * (1 + std::abs(e))) continue;
    FAIL() << "element " << i << " of " << to_text(actual.shape) << " is " << a << ", not " << e
           << " (tolerance " << tolerance << ")";
  }
}

/// Bound on the rounding of a sum of `terms` products of normal numbers. The sum has size
/// sqrt(terms), and relative to that its error grows with sqrt(terms) as well, since the errors of
/// single additions are independent: epsilon terms / 5 in the root mean square. The factor 2 makes
/// it ten times that, for the outliers among 10^6 results; 8 epsilon cover the other operations.
template <class T>
double rounding(index_t terms) {
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  return epsilon * (8 + 2 * static_cast<double>(terms));
}

}  // namespace flowkit::testing
