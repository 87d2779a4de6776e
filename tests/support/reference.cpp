#include <support/reference.hpp>

namespace flowkit::testing {

host_array<2> product(transpose ta, transpose tb, double alpha, const host_array<2>& a,
                      const host_array<2>& b, double beta, const host_array<2>& c) {
  host_array<2> out(c.shape);
  const index_t depth = a.shape[ta == transpose::no ? 1 : 0];
  for (index_t i = 0; i < c.shape[0]; ++i) {
    for (index_t j = 0; j < c.shape[1]; ++j) {
      double sum = 0;
      for (index_t p = 0; p < depth; ++p) {
        sum +=
            (ta == transpose::no ? a(i, p) : a(p, i)) * (tb == transpose::no ? b(p, j) : b(j, p));
      }
      out(i, j) = alpha * sum + (beta == 0 ? 0 : beta * c(i, j));
    }
  }
  return out;
}

namespace {

/// Calls f(n, output row, output column, tap, input row, input column) for every pixel in a window.
template <class F>
void for_each_tap(const convolution_geometry& g, const extents<4>& image, const F& f) {
  const extents<4> out = g.output(image, 1);
  for (index_t n = 0; n < out[0]; ++n) {
    for (index_t i = 0; i < out[1]; ++i) {
      for (index_t j = 0; j < out[2]; ++j) {
        for (index_t tap = 0; tap < g.taps(); ++tap) {
          const index_t row = i * g.stride[0] - g.padding[0] + tap / g.kernel[1];
          const index_t column = j * g.stride[1] - g.padding[1] + tap % g.kernel[1];
          const bool inside = row >= 0 && row < image[1] && column >= 0 && column < image[2];
          if (inside) f(n, i, j, tap, row, column);
        }
      }
    }
  }
}

}  // namespace

host_array<4> convolution(const convolution_geometry& g, const host_array<4>& x,
                          const host_array<2>& w) {
  host_array<4> y(g.output(x.shape, w.shape[1]));
  const index_t channels = x.shape[3];
  for_each_tap(g, x.shape, [&](index_t n, index_t i, index_t j, index_t tap, index_t r, index_t s) {
    for (index_t c = 0; c < channels; ++c) {
      for (index_t o = 0; o < w.shape[1]; ++o) {
        y(n, i, j, o) += x(n, r, s, c) * w(tap * channels + c, o);
      }
    }
  });
  return y;
}

host_array<4> convolution_data(const convolution_geometry& g, const host_array<4>& dy,
                               const host_array<2>& w, const extents<4>& image) {
  host_array<4> dx(image);
  for_each_tap(g, image, [&](index_t n, index_t i, index_t j, index_t tap, index_t r, index_t s) {
    for (index_t c = 0; c < image[3]; ++c) {
      for (index_t o = 0; o < w.shape[1]; ++o) {
        dx(n, r, s, c) += dy(n, i, j, o) * w(tap * image[3] + c, o);
      }
    }
  });
  return dx;
}

host_array<2> convolution_weights(const convolution_geometry& g, const host_array<4>& x,
                                  const host_array<4>& dy) {
  const index_t channels = x.shape[3];
  host_array<2> dw(extents<2>{g.taps() * channels, dy.shape[3]});
  for_each_tap(g, x.shape, [&](index_t n, index_t i, index_t j, index_t tap, index_t r, index_t s) {
    for (index_t c = 0; c < channels; ++c) {
      for (index_t o = 0; o < dy.shape[3]; ++o) {
        dw(tap * channels + c, o) += x(n, r, s, c) * dy(n, i, j, o);
      }
    }
  });
  return dw;
}

normalised group_normalisation(index_t groups, double epsilon, const host_array<3>& x,
                               const host_array<1>& scale, const host_array<1>& shift) {
  const extents<2> per_group{x.shape[0], groups};
  normalised out{host_array<3>(x.shape), host_array<2>(per_group), host_array<2>(per_group)};
  const index_t width = x.shape[2] / groups;
  const auto count = static_cast<double>(width * x.shape[1]);
  for (index_t n = 0; n < x.shape[0]; ++n) {
    for (index_t g = 0; g < groups; ++g) {
      double mean = 0;
      for (index_t p = 0; p < x.shape[1]; ++p) {
        for (index_t c = g * width; c < (g + 1) * width; ++c) mean += x(n, p, c) / count;
      }
      double variance = 0;
      for (index_t p = 0; p < x.shape[1]; ++p) {
        for (index_t c = g * width; c < (g + 1) * width; ++c) {
          variance += (x(n, p, c) - mean) * (x(n, p, c) - mean) / count;
        }
      }
      out.mean(n, g) = mean;
      out.inverse_deviation(n, g) = 1 / std::sqrt(variance + epsilon);
      for (index_t p = 0; p < x.shape[1]; ++p) {
        for (index_t c = g * width; c < (g + 1) * width; ++c) {
          out.y(n, p, c) = (x(n, p, c) - mean) * out.inverse_deviation(n, g) * scale(c) + shift(c);
        }
      }
    }
  }
  return out;
}

host_array<3> softmax_of(const host_array<3>& x) {
  host_array<3> y(x.shape);
  for (index_t n = 0; n < x.shape[0]; ++n) {
    for (index_t c = 0; c < x.shape[2]; ++c) {
      double total = 0;
      for (index_t p = 0; p < x.shape[1]; ++p) total += std::exp(x(n, p, c));
      for (index_t p = 0; p < x.shape[1]; ++p) y(n, p, c) = std::exp(x(n, p, c)) / total;
    }
  }
  return y;
}

pooled max_pooling(const convolution_geometry& g, const host_array<4>& x) {
  const extents<4> shape = g.output(x.shape, x.shape[3]);
  pooled out{host_array<4>(shape, -std::numeric_limits<double>::infinity()), host_array<4>(shape)};
  for_each_tap(g, x.shape, [&](index_t n, index_t i, index_t j, index_t, index_t r, index_t s) {
    for (index_t c = 0; c < x.shape[3]; ++c) {
      if (x(n, r, s, c) <= out.y(n, i, j, c)) continue;
      out.y(n, i, j, c) = x(n, r, s, c);
      out.index(n, i, j, c) = static_cast<double>(r * x.shape[2] + s);
    }
  });
  return out;
}

}  // namespace flowkit::testing
