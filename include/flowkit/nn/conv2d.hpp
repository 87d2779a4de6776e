// Convolution of images; conv1d.hpp uses it with height 1.
#pragma once

#include <flowkit/nn/channel_bias.hpp>
#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/init.hpp>
#include <flowkit/nn/shape.hpp>

namespace flowkit {

/// Settings of a two-dimensional convolution; pairs are {height, width}.
struct conv2d_options {
  index_t inputs = 0;
  index_t outputs = 0;
  extents<2> kernel{1, 1};
  extents<2> stride{1, 1};
  extents<2> padding{0, 0};  ///< zeros on either side
  bias_term bias = bias_term::learned;
  weight_init init = weight_init::uniform_fan_in;
};

/// y[n, i, j, o] = b[o] + sum over taps (k, l) and channels c of
/// x[n, i stride + k - padding, j stride + l - padding, c] W[(k, l, c), o]:
/// [batch, height, width, inputs] -> [batch, height', width', outputs] with
/// height' = (height + 2 padding - kernel) / stride + 1, rounded down.
/// Weights [kernel height * kernel width * inputs, outputs], the order in which a window lies in
/// memory. Throws invalid_input for unusable options and for images smaller than the kernel.
class conv2d {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 4> x;
  };

  /// Adds the parameters "name.weight" and, where one is wanted, "name.bias". Allocates.
  conv2d(parameter_layout& layout, std::string_view name, const conv2d_options& o)
      : conv2d(parameter_layout::scope(layout, name), layout, validated(name, o)) {}

  [[nodiscard]] index_t inputs() const { return weight_.shape[0] / geometry_.taps(); }
  [[nodiscard]] index_t outputs() const { return weight_.shape[1]; }
  /// Kernel, stride and padding as the backend takes them.
  [[nodiscard]] const convolution_geometry& geometry() const { return geometry_; }

  /// [batch, height, width, inputs] -> [batch, height', width', outputs]
  [[nodiscard]] extents<4> output_shape(const extents<4>& shape) const {
    validate_channels("convolution", shape, inputs());
    for (std::size_t axis = 0; axis < 2; ++axis) {
      FLOWKIT_VALIDATE(shape[axis + 1] + 2 * geometry_.padding[axis] >= geometry_.kernel[axis],
                       "convolution with kernel ", geometry_.kernel, " and padding ",
                       geometry_.padding, " got an input of shape ", shape,
                       ": the padded input is smaller than the kernel; enlarge the input or the "
                       "padding");
    }
    return geometry_.output(shape, outputs());
  }

  /// The convolution of x plus the bias; keeps a view of x.
  template <class B>
  view_of<B, 4> forward(B& be, const parameters<B>& p, const_view_of<B, 4> x, workspace<B>& ws,
                        saved<B>& s) const {
    const view_of<B, 4> y = ws.take(output_shape(x.shape()));
    s.x = x;
    bias_.start(p, [&](auto from) { be.convolve(geometry_, x, p.value(weight_), from, y); });
    return y;
  }

  /// Adds the gradients of weights and bias; returns the gradient of x.
  template <class B>
  view_of<B, 4> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 4> dy,
                         workspace<B>& ws) const {
    backward_parameters(be, p, s, dy, ws);
    const view_of<B, 4> dx = ws.take(s.x.shape());
    be.convolve_backward_data(geometry_, dy, p.value(weight_), typename B::value_type(0), dx);
    return dx;
  }

  /// Adds the gradients of weights and bias alone: half the work.
  template <class B>
  void backward_parameters(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 4> dy,
                           workspace<B>&) const {
    be.convolve_backward_weights(geometry_, s.x, dy, typename B::value_type(1),
                                 p.gradient(weight_));
    bias_.add_gradient(be, p, dy);
  }

  /// y and its derivative along dx: the convolution of dx, without the bias.
  template <class B>
  tangent_pair<view_of<B, 4>> jvp(B& be, const parameters<B>& p, const_view_of<B, 4> x,
                                  const_view_of<B, 4> dx, workspace<B>& ws) const {
    saved<B> unused;
    const view_of<B, 4> y = forward(be, p, x, ws, unused);
    const view_of<B, 4> dy = ws.take(y.shape());
    be.convolve(geometry_, dx, p.value(weight_), typename B::value_type(0), dy);
    return {y, dy};
  }

 private:
  /// The scope lives until the parameters below it were added.
  conv2d(const parameter_layout::scope&, parameter_layout& layout, const conv2d_options& o)
      : geometry_{o.kernel, o.stride, o.padding},
        weight_(layout.add("weight", extents{geometry_.taps() * o.inputs, o.outputs},
                           o.init == weight_init::normal_fan_out
                               ? normal_fan_out(geometry_.taps() * o.outputs)
                               : uniform_fan_in(geometry_.taps() * o.inputs))),
        bias_(layout, o.bias, o.outputs, uniform_fan_in(geometry_.taps() * o.inputs)) {}

  static const conv2d_options& validated(std::string_view name, const conv2d_options& o) {
    FLOWKIT_VALIDATE(o.inputs > 0 && o.outputs > 0, "convolution '", name, "' from ", o.inputs,
                     " to ", o.outputs, " channels: both must be positive");
    for (std::size_t axis = 0; axis < 2; ++axis) {
      FLOWKIT_VALIDATE(detail::is_count(o.kernel[axis]) && detail::is_count(o.stride[axis]) &&
                           detail::is_count_or_none(o.padding[axis]),
                       "convolution '", name, "' with kernel ", o.kernel, ", stride ", o.stride,
                       " and padding ", o.padding,
                       ": kernel and stride must be positive, padding must not be negative, and "
                       "none may reach 2^31");
    }
    // Sizes of windows are products: those that wrapped around would be other sizes.
    (void)detail::allocatable_size<double>(extents{o.kernel[0], o.kernel[1], o.inputs, o.outputs});
    return o;
  }

  convolution_geometry geometry_;
  slot<2> weight_;
  channel_bias bias_;
};

}  // namespace flowkit
