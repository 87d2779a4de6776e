// Convolution over time.
#pragma once

#include <flowkit/nn/conv2d.hpp>

namespace flowkit {

/// Settings of a convolution over time.
struct conv1d_options {
  index_t inputs = 0;
  index_t outputs = 0;
  index_t kernel = 1;
  index_t stride = 1;
  index_t padding = 0;  ///< zeros on either side
  bias_term bias = bias_term::learned;
};

/// y[n, i, o] = b[o] + sum over taps k and channels c of x[n, i stride + k - padding, c] W[(k, c),
/// o]: [batch, time, inputs] -> [batch, time', outputs], time' = (time + 2 padding - kernel) /
/// stride + 1 rounded down. Weights [kernel * inputs, outputs]. It is conv2d on images of height 1,
/// and throws as that does.
class conv1d {
 public:
  template <class B>
  using saved = conv2d::saved<B>;

  /// Adds the parameters "name.weight" and, where one is wanted, "name.bias". Allocates.
  conv1d(parameter_layout& layout, std::string_view name, const conv1d_options& o)
      : conv_(layout, name,
              {.inputs = o.inputs,
               .outputs = o.outputs,
               .kernel = {1, o.kernel},
               .stride = {1, o.stride},
               .padding = {0, o.padding},
               .bias = o.bias}) {}

  [[nodiscard]] index_t inputs() const { return conv_.inputs(); }
  [[nodiscard]] index_t outputs() const { return conv_.outputs(); }

  /// [batch, time, inputs] -> [batch, time', outputs]
  [[nodiscard]] extents<3> output_shape(const extents<3>& shape) const {
    const extents<4> y = conv_.output_shape({shape[0], 1, shape[1], shape[2]});
    return {y[0], y[2], y[3]};
  }

  /// The convolution of x plus the bias; keeps a view of x.
  template <class B>
  view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> x, workspace<B>& ws,
                        saved<B>& s) const {
    return without_height(conv_.forward(be, p, with_unit_height(x), ws, s));
  }

  /// Adds the gradients of weights and bias; returns the gradient of x.
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 3> dy,
                         workspace<B>& ws) const {
    return without_height(conv_.backward(be, p, s, with_unit_height(dy), ws));
  }

  /// y and its derivative along dx: the convolution of dx, without the bias.
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                                  const_view_of<B, 3> dx, workspace<B>& ws) const {
    const auto out = conv_.jvp(be, p, with_unit_height(x), with_unit_height(dx), ws);
    return {without_height(out.y), without_height(out.dy)};
  }

 private:
  conv2d conv_;
};

}  // namespace flowkit
