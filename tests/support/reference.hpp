// Operations of a backend as plain loops in double, each a transcription of its definition.
#pragma once

#include <flowkit/backend/geometry.hpp>
#include <support/host_array.hpp>

namespace flowkit::testing {

/// alpha op(a) op(b) + beta c
host_array<2> product(transpose ta, transpose tb, double alpha, const host_array<2>& a,
                      const host_array<2>& b, double beta, const host_array<2>& c);

/// y[n,i,j,o] = sum over taps and channels of x w
host_array<4> convolution(const convolution_geometry& g, const host_array<4>& x,
                          const host_array<2>& w);

/// The gradient of convolution with respect to its image.
host_array<4> convolution_data(const convolution_geometry& g, const host_array<4>& dy,
                               const host_array<2>& w, const extents<4>& image);

/// The gradient of convolution with respect to its weights.
host_array<2> convolution_weights(const convolution_geometry& g, const host_array<4>& x,
                                  const host_array<4>& dy);

struct normalised {
  host_array<3> y;
  host_array<2> mean;
  host_array<2> inverse_deviation;
};

/// Group normalisation with scale and shift per channel.
normalised group_normalisation(index_t groups, double epsilon, const host_array<3>& x,
                               const host_array<1>& scale, const host_array<1>& shift);

/// exp(x) over its sum down the middle axis.
host_array<3> softmax_of(const host_array<3>& x);

struct pooled {
  host_array<4> y;
  host_array<4> index;
};

/// The first largest pixel of every window.
pooled max_pooling(const convolution_geometry& g, const host_array<4>& x);

/// Sum of all elements times the elements of another array, exact to a double's last place.
template <std::size_t R>
double inner(const host_array<R>& a, const host_array<R>& b) {
  long double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    sum += static_cast<long double>(a.values[i]) * b.values[i];
  }
  return static_cast<double>(sum);
}

}  // namespace flowkit::testing
