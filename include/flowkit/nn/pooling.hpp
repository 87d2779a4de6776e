// Pooling of images: the largest value of a window, the mean of all positions.
#pragma once

#include <flowkit/nn/concepts.hpp>
#include <flowkit/nn/shape.hpp>

namespace flowkit {

/// Settings of a max pooling; pairs are {height, width}.
struct max_pool2d_options {
  extents<2> kernel{2, 2};
  extents<2> stride{2, 2};
  extents<2> padding{0, 0};  ///< minus infinity on either side
};

/// The maximum of every window and channel: [batch, height, width, c] -> [batch, height', width',
/// c] with height' = (height + 2 padding - kernel) / stride + 1, rounded down. Where several
/// elements are largest, the first one (row by row) counts and receives the gradient. No
/// parameters. Throws invalid_input for unusable options, for padding beyond half the kernel (a
/// window would see nothing else), and for images smaller than the kernel.
class max_pool2d {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 4, row_t> chosen;  ///< row * width + column of every maximum
    extents<4> shape;                   ///< of the input
  };

  /// Validates the options; there is nothing to add to a layout.
  explicit max_pool2d(const max_pool2d_options& o) : geometry_{o.kernel, o.stride, o.padding} {
    for (std::size_t axis = 0; axis < 2; ++axis) {
      FLOWKIT_VALIDATE(
          detail::is_count(o.kernel[axis]) && detail::is_count(o.stride[axis]) &&
              detail::is_count_or_none(o.padding[axis]) && 2 * o.padding[axis] <= o.kernel[axis],
          "max pooling with kernel ", o.kernel, ", stride ", o.stride, " and padding ", o.padding,
          ": kernel and stride must be positive and below 2^31, padding at most half "
          "the kernel");
    }
  }

  /// [batch, height, width, c] -> [batch, height', width', c]
  [[nodiscard]] extents<4> output_shape(const extents<4>& shape) const {
    for (std::size_t axis = 0; axis < 2; ++axis) {
      FLOWKIT_VALIDATE(shape[axis + 1] + 2 * geometry_.padding[axis] >= geometry_.kernel[axis],
                       "max pooling with kernel ", geometry_.kernel, " and padding ",
                       geometry_.padding, " got an input of shape ", shape,
                       ": the padded input is smaller than the kernel; enlarge the input");
    }
    return geometry_.output(shape, shape[3]);
  }

  /// Keeps where the maxima were.
  template <class B>
  view_of<B, 4> forward(B& be, const parameters<B>&, const_view_of<B, 4> x, workspace<B>& ws,
                        saved<B>& s) const {
    const view_of<B, 4> y = ws.take(output_shape(x.shape()));
    const auto chosen = ws.template take<4, row_t>(y.shape());
    s = {chosen, x.shape()};
    be.max_pool(geometry_, x, y, chosen);
    return y;
  }

  /// Sends every dy to the element that was chosen; others get zero.
  template <class B>
  view_of<B, 4> backward(B& be, const parameters<B>&, const saved<B>& s, const_view_of<B, 4> dy,
                         workspace<B>& ws) const {
    const view_of<B, 4> dx = ws.take(s.shape);
    be.max_pool_backward(s.chosen, dy, dx);
    return dx;
  }

  /// y, and dx at the elements that were chosen.
  template <class B>
  tangent_pair<view_of<B, 4>> jvp(B& be, const parameters<B>& p, const_view_of<B, 4> x,
                                  const_view_of<B, 4> dx, workspace<B>& ws) const {
    saved<B> s;
    const view_of<B, 4> y = forward(be, p, x, ws, s);
    const view_of<B, 4> dy = ws.take(y.shape());
    be.max_pool_jvp(s.chosen, dx, dy);
    return {y, dy};
  }

 private:
  convolution_geometry geometry_;
};

/// The mean over all positions: [batch, height, width, c] -> [batch, c]. No parameters. Throws
/// invalid_input for images without positions.
class global_average_pool {
 public:
  template <class B>
  struct saved {
    extents<4> shape;  ///< of the input
  };

  /// [batch, height, width, c] -> [batch, c]
  [[nodiscard]] static extents<2> output_shape(const extents<4>& shape) {
    FLOWKIT_VALIDATE(shape[1] > 0 && shape[2] > 0, "average pooling got an input of shape ", shape,
                     ": there is no position to average over");
    return {shape[0], shape[3]};
  }

  /// Keeps the shape only.
  template <class B>
  view_of<B, 2> forward(B& be, const parameters<B>&, const_view_of<B, 4> x, workspace<B>& ws,
                        saved<B>& s) const {
    s.shape = x.shape();
    return mean(be, x, ws);
  }

  /// Every position gets an equal share of dy.
  template <class B>
  view_of<B, 4> backward(B& be, const parameters<B>&, const saved<B>& s, const_view_of<B, 2> dy,
                         workspace<B>& ws) const {
    using S = typename B::value_type;
    const view_of<B, 4> dx = ws.take(s.shape);
    const index_t positions = s.shape[1] * s.shape[2];
    be.for_each(fn::scaled<S>{S(1) / static_cast<S>(positions)}, as_positions(dx),
                repeat_middle(dy, positions));
    return dx;
  }

  /// The means of x and of dx.
  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>&, const_view_of<B, 4> x,
                                  const_view_of<B, 4> dx, workspace<B>& ws) const {
    return {mean(be, x, ws), mean(be, dx, ws)};
  }

 private:
  template <class B>
  static view_of<B, 2> mean(B& be, const_view_of<B, 4> x, workspace<B>& ws) {
    using S = typename B::value_type;
    const view_of<B, 2> y = ws.take(output_shape(x.shape()));
    const S factor = S(1) / static_cast<S>(x.shape()[1] * x.shape()[2]);
    be.middle_sums(fn::identity{}, y, as_positions(x));
    be.for_each(fn::scaled<S>{factor}, y, const_view_of<B, 2>(y));
    return y;
  }
};

}  // namespace flowkit
