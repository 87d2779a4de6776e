// Expected image coordinates of feature maps.
#pragma once

#include <flowkit/nn/concepts.hpp>

namespace flowkit {

/// The shape of the feature maps that a spatial soft-argmax reads.
struct spatial_soft_argmax_options {
  index_t height = 0;
  index_t width = 0;
  index_t channels = 0;
};

/// For every channel a keypoint (Levine et al. 2016; Finn et al. 2016): the mean position under
/// softmax over height * width of the channel, at temperature 1. Coordinates run from -1 to 1, x to
/// the right and y downwards; along an axis of size 1 they are -1.
/// [batch, height, width, c] -> [batch, 2 c] as x0, y0, x1, y1, ... No parameters; the coordinates
/// are constants of the layout, hence the fixed image size. Throws invalid_input for other inputs.
class spatial_soft_argmax {
 public:
  template <class B>
  struct saved {
    const_view_of<B, 3> probability;  ///< [batch, height * width, c]
  };

  /// Adds the coordinates of all positions to the constants of the layout. Allocates.
  spatial_soft_argmax(parameter_layout& layout, const spatial_soft_argmax_options& o) : size_(o) {
    FLOWKIT_VALIDATE(o.height > 0 && o.width > 0 && o.channels > 0,
                     "spatial soft-argmax of height ", o.height, ", width ", o.width, " and ",
                     o.channels, " channels: all must be positive");
    std::vector<double> x;
    std::vector<double> y;
    for (index_t i = 0; i < o.height * o.width; ++i) {
      x.push_back(coordinate(i % o.width, o.width));
      y.push_back(coordinate(i / o.width, o.height));
    }
    x_ = layout.add_constant(extents{positions()}, x);
    y_ = layout.add_constant(extents{positions()}, y);
  }

  /// [batch, height, width, c] -> [batch, 2 c]
  [[nodiscard]] extents<2> output_shape(const extents<4>& shape) const {
    const extents<4> expected{shape[0], size_.height, size_.width, size_.channels};
    FLOWKIT_VALIDATE(shape == expected, "spatial soft-argmax got an input of shape ", shape,
                     " but was built for ", expected,
                     ": build it for the size that the layer before it has");
    return {shape[0], 2 * size_.channels};
  }

  /// Keeps the probabilities, which it takes from the workspace.
  template <class B>
  view_of<B, 2> forward(B& be, const parameters<B>& p, const_view_of<B, 4> x, workspace<B>& ws,
                        saved<B>& s) const {
    const view_of<B, 2> y = ws.take(output_shape(x.shape()));
    const view_of<B, 3> probability = ws.take(position_shape(x.shape()));
    s.probability = probability;
    be.softmax(reshape(x, probability.shape()), probability);
    expect(be, p, s.probability, y, ws);
    return y;
  }

  /// Gradient of the feature maps: the softmax Jacobian times the coordinates weighed by dy.
  template <class B>
  view_of<B, 4> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 2> dy,
                         workspace<B>& ws) const {
    const extents<3> shape = s.probability.shape();
    const view_of<B, 4> dx = ws.take(extents{shape[0], size_.height, size_.width, shape[2]});
    const scratch_scope<B> scope(ws);
    const view_of<B, 3> dprobability = ws.take(shape);
    be.for_each(fn::sum_of_products{}, dprobability, grid(p, x_, shape),
                repeat_middle(every_second(dy, 0), shape[1]), grid(p, y_, shape),
                repeat_middle(every_second(dy, 1), shape[1]));
    be.softmax_product(s.probability, dprobability, reshape(dx, shape));
    return dx;
  }

  /// The keypoints and how they move when the feature maps change by dx.
  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>& p, const_view_of<B, 4> x,
                                  const_view_of<B, 4> dx, workspace<B>& ws) const {
    saved<B> s;
    const view_of<B, 2> y = forward(be, p, x, ws, s);
    const view_of<B, 2> dy = ws.take(y.shape());
    const scratch_scope<B> scope(ws);
    const view_of<B, 3> dprobability = ws.take(s.probability.shape());
    be.softmax_product(s.probability, reshape(dx, dprobability.shape()), dprobability);
    expect<B>(be, p, dprobability, dy, ws);
    return {y, dy};
  }

 private:
  [[nodiscard]] index_t positions() const { return size_.height * size_.width; }
  [[nodiscard]] extents<3> position_shape(const extents<4>& x) const {
    return {x[0], positions(), size_.channels};
  }

  /// The i-th of `count` equidistant numbers from -1 to 1.
  static double coordinate(index_t i, index_t count) {
    return count > 1 ? -1 + 2 * static_cast<double>(i) / static_cast<double>(count - 1) : -1;
  }

  /// y = sum over positions of weight * (x, y of the position)
  template <class B>
  void expect(B& be, const parameters<B>& p, const_view_of<B, 3> weight, view_of<B, 2> y,
              workspace<B>& ws) const {
    const scratch_scope<B> scope(ws);
    const view_of<B, 2> sums = ws.take(extents{y.shape()[0], size_.channels});
    be.middle_sums(fn::multiply{}, sums, weight, grid(p, x_, weight.shape()));
    be.copy(every_second(y, 0), sums);
    be.middle_sums(fn::multiply{}, sums, weight, grid(p, y_, weight.shape()));
    be.copy(every_second(y, 1), sums);
  }

  /// One coordinate of all positions, repeated over samples and channels.
  template <class B>
  static const_view_of<B, 3> grid(const parameters<B>& p, const constant_slot<1>& coordinates,
                                  const extents<3>& shape) {
    return {p.constant(coordinates).data(), shape, {0, 1, 0}};
  }

  /// The x (0) or the y (1) of every channel in [n, 2 c]: [n, c] with stride 2.
  template <class T, Space S>
  static view<T, 2, S> every_second(const view<T, 2, S>& v, index_t first) {
    const extents<2>& strides = v.strides();
    return {detail::advance(v.data(), first * strides[1]),
            {v.shape()[0], v.shape()[1] / 2},
            {strides[0], 2 * strides[1]}};
  }

  spatial_soft_argmax_options size_;
  constant_slot<1> x_;
  constant_slot<1> y_;
};

}  // namespace flowkit
