// Transposed convolution over time: the way up of a U-Net.
#pragma once

#include <flowkit/nn/channel_bias.hpp>
#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/init.hpp>
#include <flowkit/nn/shape.hpp>

namespace flowkit {

/// Settings of a transposed convolution over time. Kernel 4, stride 2, padding 1 doubles the time.
struct conv_transpose1d_options {
  index_t inputs = 0;
  index_t outputs = 0;
  index_t kernel = 1;
  index_t stride = 1;
  index_t padding = 0;  ///< outputs dropped on either side
  bias_term bias = bias_term::learned;
};

/// The adjoint of the convolution over time with the same kernel, stride and padding, plus a bias:
/// y[n, j, o] = b[o] + sum over i, k with i stride + k - padding = j, and channels c, of
/// x[n, i, c] W[(k, o), c]: [batch, time, inputs] -> [batch, time', outputs] with
/// time' = (time - 1) stride + kernel - 2 padding.
/// Weights [kernel * outputs, inputs] are those of that convolution, which leads from our outputs
/// to our inputs; so each pass is a pass of the convolution, and fan_in is kernel * outputs. Throws
/// invalid_input for unusable options and for inputs whose output would be empty.
class conv_transpose1d {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 3> x;
  };

  /// Adds the parameters "name.weight" and, where one is wanted, "name.bias". Allocates.
  conv_transpose1d(parameter_layout& layout, std::string_view name,
                   const conv_transpose1d_options& o)
      : conv_transpose1d(parameter_layout::scope(layout, name), layout, validated(name, o)) {}

  [[nodiscard]] index_t inputs() const { return weight_.shape[1]; }
  [[nodiscard]] index_t outputs() const { return weight_.shape[0] / geometry_.taps(); }

  /// [batch, time, inputs] -> [batch, time', outputs]
  [[nodiscard]] extents<3> output_shape(const extents<3>& shape) const {
    validate_channels("transposed convolution", shape, inputs());
    FLOWKIT_VALIDATE(shape[1] <= (index_t{1} << 62) / geometry_.stride[1],
                     "transposed convolution with stride ", geometry_.stride[1],
                     " got an input of shape ", shape,
                     ": its output would have more steps than can be counted; look at the sizes "
                     "that it was computed from");
    const index_t time =
        (shape[1] - 1) * geometry_.stride[1] + geometry_.kernel[1] - 2 * geometry_.padding[1];
    FLOWKIT_VALIDATE(shape[1] > 0 && time > 0, "transposed convolution with kernel ",
                     geometry_.kernel[1], ", stride ", geometry_.stride[1], " and padding ",
                     geometry_.padding[1], " got an input of shape ", shape,
                     ": its output would have ", time, " steps; use longer inputs or less padding");
    return {shape[0], time, outputs()};
  }

  /// The adjoint convolution of x plus the bias; keeps a view of x.
  template <class B>
  view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> x, workspace<B>& ws,
                        saved<B>& s) const {
    const view_of<B, 3> y = ws.take(output_shape(x.shape()));
    s.x = x;
    bias_.start(p, [&](auto from) {
      be.convolve_backward_data(geometry_, with_unit_height(x), p.value(weight_), from,
                                with_unit_height(y));
    });
    return y;
  }

  /// Adds the gradients of weights and bias; returns the gradient of x, a convolution of dy.
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 3> dy,
                         workspace<B>& ws) const {
    using S = typename B::value_type;
    be.convolve_backward_weights(geometry_, with_unit_height(dy), with_unit_height(s.x), S(1),
                                 p.gradient(weight_));
    bias_.add_gradient(be, p, dy);
    const view_of<B, 3> dx = ws.take(s.x.shape());
    be.convolve(geometry_, with_unit_height(dy), p.value(weight_), S(0), with_unit_height(dx));
    return dx;
  }

  /// y and its derivative along dx: the same map of dx, without the bias.
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                                  const_view_of<B, 3> dx, workspace<B>& ws) const {
    saved<B> unused;
    const view_of<B, 3> y = forward(be, p, x, ws, unused);
    const view_of<B, 3> dy = ws.take(y.shape());
    be.convolve_backward_data(geometry_, with_unit_height(dx), p.value(weight_),
                              typename B::value_type(0), with_unit_height(dy));
    return {y, dy};
  }

 private:
  /// The scope lives until the parameters below it were added.
  conv_transpose1d(const parameter_layout::scope&, parameter_layout& layout,
                   const conv_transpose1d_options& o)
      : geometry_{{1, o.kernel}, {1, o.stride}, {0, o.padding}},
        weight_(layout.add("weight", extents{o.kernel * o.outputs, o.inputs},
                           uniform_fan_in(o.kernel * o.outputs))),
        bias_(layout, o.bias, o.outputs, uniform_fan_in(o.kernel * o.outputs)) {}

  static const conv_transpose1d_options& validated(std::string_view name,
                                                   const conv_transpose1d_options& o) {
    FLOWKIT_VALIDATE(o.inputs > 0 && o.outputs > 0, "transposed convolution '", name, "' from ",
                     o.inputs, " to ", o.outputs, " channels: both must be positive");
    FLOWKIT_VALIDATE(detail::is_count(o.kernel) && detail::is_count(o.stride) &&
                         detail::is_count_or_none(o.padding),
                     "transposed convolution '", name, "' with kernel ", o.kernel, ", stride ",
                     o.stride, " and padding ", o.padding,
                     ": kernel and stride must be positive, padding must not be negative, and none "
                     "may reach 2^31");
    (void)detail::allocatable_size<double>(extents{o.kernel, o.inputs, o.outputs});
    return o;
  }

  convolution_geometry geometry_;
  slot<2> weight_;
  channel_bias bias_;
};

}  // namespace flowkit
