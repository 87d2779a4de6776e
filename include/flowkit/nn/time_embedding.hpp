// Time as a vector of sines and cosines.
#pragma once

#include <flowkit/fn/rotation.hpp>
#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/shape.hpp>

#include <cmath>

namespace flowkit {

/// Settings of a sinusoidal embedding; the dimension must be even and at least 4, the scale finite.
struct time_embedding_options {
  index_t dimension = 0;
  double scale = 1;  ///< multiplies the time before it is embedded
};

/// e(t) = [sin(t f_0), ..., sin(t f_h-1), cos(t f_0), ..., cos(t f_h-1)] with h = dimension / 2 and
/// f_i = scale * 10000^(-i / (h - 1)) (Vaswani et al. 2017): times [n] or [n, 1], with any stride,
/// become [n, dimension]. The frequencies are constants, computed in double and rounded once; a
/// parameter_store refuses a scale that its backend cannot hold. The gradient of the times is
/// [n, 1].
class sinusoidal_time_embedding {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 2> y;  ///< the embedding: its halves are each other's derivative
  };

  /// Adds the frequencies to the constants of the layout. Allocates.
  sinusoidal_time_embedding(parameter_layout& layout, const time_embedding_options& o) {
    FLOWKIT_VALIDATE(o.dimension >= 4 && o.dimension % 2 == 0 && detail::is_count(o.dimension),
                     "time embedding of dimension ", o.dimension,
                     ": it must be even, as many sines as cosines, at least 4 and below 2^31");
    FLOWKIT_VALIDATE(std::isfinite(o.scale), "time embedding with a scale of ", o.scale,
                     ": it multiplies the times, so it must be finite; 1 leaves them as they are");
    const index_t half = o.dimension / 2;
    std::vector<double> values(static_cast<std::size_t>(half));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double exponent = static_cast<double>(i) / static_cast<double>(half - 1);
      values[i] = o.scale * std::exp(-std::log(10000.0) * exponent);
    }
    frequencies_ = layout.add_constant(extents{half}, values);
  }

  [[nodiscard]] index_t dimension() const { return 2 * half(); }

  /// [n] or [n, 1] -> [n, dimension]
  template <std::size_t R>
  [[nodiscard]] extents<2> output_shape(const extents<R>& time) const {
    FLOWKIT_VALIDATE(R == 1 || (R == 2 && time[R - 1] == 1), "time embedding got times of shape ",
                     time, ": it takes one time per sample, [n] or [n, 1]");
    return {time[0], dimension()};
  }

  /// The embedding of every time; it is kept as the saved state.
  template <class B, std::size_t R, class T>
  view_of<B, 2> forward(B& be, const parameters<B>& p, view<T, R, typename B::space> time,
                        workspace<B>& ws, saved<B>& s) const {
    const view_of<B, 2> y = ws.take(output_shape(time.shape()));
    s.y = y;
    be.for_each(fn::sine_cosine{}, sines(y), cosines(y), across<B>(const_view_of<B, R>(time)),
                frequencies<B>(p, y));
    return y;
  }

  /// Gradient of the times [n, 1]: the sum of f_i (dsin_i cos_i - dcos_i sin_i).
  template <class B>
  view_of<B, 2> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 2> dy,
                         workspace<B>& ws) const {
    const view_of<B, 2> dt = ws.take(extents{dy.shape()[0], index_t{1}});
    be.row_sums(fn::sine_cosine_gradient{}, flatten(dt), sines(dy), cosines(dy), sines(s.y),
                cosines(s.y), frequencies<B>(p, s.y));
    return dt;
  }

  /// The embedding and its derivative when the times change by dtime.
  template <class B, std::size_t R, class T>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>& p, view<T, R, typename B::space> time,
                                  std::type_identity_t<const_view_of<B, R>> dtime,
                                  workspace<B>& ws) const {
    saved<B> s;
    const view_of<B, 2> y = forward(be, p, time, ws, s);
    const view_of<B, 2> dy = ws.take(y.shape());
    be.for_each(fn::sine_cosine_tangent{}, sines(dy), cosines(dy), sines(s.y), cosines(s.y),
                frequencies<B>(p, y), across<B>(dtime));
    return {y, dy};
  }

 private:
  [[nodiscard]] index_t half() const { return frequencies_.shape[0]; }

  template <class T, Space S>
  view<T, 2, S> sines(const view<T, 2, S>& v) const {
    return columns(v, 0, half());
  }
  template <class T, Space S>
  view<T, 2, S> cosines(const view<T, 2, S>& v) const {
    return columns(v, half(), half());
  }
  /// The time of every sample, repeated over the frequencies.
  template <class B, std::size_t R>
  const_view_of<B, 2> across(const_view_of<B, R> time) const {
    return {time.data(), {time.shape()[0], half()}, {time.strides()[0], 0}};
  }
  template <class B>
  const_view_of<B, 2> frequencies(const parameters<B>& p, const_view_of<B, 2> y) const {
    return repeat_rows(p.constant(frequencies_), y.shape()[0]);
  }

  constant_slot<1> frequencies_;
};

}  // namespace flowkit
