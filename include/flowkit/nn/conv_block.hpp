// Convolution over time, group normalisation and mish: half of a residual block of `unet1d`.
#pragma once

#include <flowkit/nn/activated_norm.hpp>
#include <flowkit/nn/conv1d.hpp>

#include <algorithm>

namespace flowkit {

/// Settings of a convolution block and of the residual blocks made of two of them.
struct conv_block_options {
  index_t inputs = 0;
  index_t outputs = 0;
  index_t kernel = 5;  ///< odd, so that the time stays as it is
  index_t groups = 8;  ///< of the normalisation; must divide the outputs
};

/// y = mish(group_norm(conv(x))) over time, padded to keep its length: [n, time, inputs] ->
/// [n, time, outputs]. `forward_film` and `forward_sum` go on as `activated_norm` does. Throws
/// invalid_input for unusable options and for inputs of other sizes.
class conv_block {
 public:
  template <class B>
  struct saved {
    saved_of<conv1d, B> conv;
    saved_of<activated_norm<fn::mish>, B> norm;
  };

  /// Adds the parameters `name`.conv and `name`.norm. Allocates.
  conv_block(parameter_layout& layout, std::string_view name, const conv_block_options& o)
      : conv_block(parameter_layout::scope(layout, name), layout, validated(name, o)) {}

  [[nodiscard]] extents<3> output_shape(const extents<3>& x) const {
    return norm_.output_shape(conv_.output_shape(x));
  }

  template <class B>
  view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> x, workspace<B>& ws,
                        saved<B>& s) const {
    return norm_.forward(be, p, conv_.forward(be, p, x, ws, s.conv), ws, s.norm);
  }

  /// Adds the gradients of the parameters; returns that of x. Also after `forward_sum`.
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 3> dy,
                         workspace<B>& ws) const {
    return conv_.backward(be, p, s.conv, norm_.backward(be, p, s.norm, dy, ws), ws);
  }

  /// y + r for a dense r of the shape of y.
  template <class B>
  view_of<B, 3> forward_sum(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                            const_view_of<B, 3> r, workspace<B>& ws, saved<B>& s) const {
    return norm_.template forward_sum<B, 3>(be, p, conv_.forward(be, p, x, ws, s.conv), r, ws,
                                            s.norm);
  }

  /// y scaled and shifted by a modulation [n, 2 outputs].
  template <class B>
  view_of<B, 3> forward_film(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                             const_view_of<B, 2> modulation, workspace<B>& ws, saved<B>& s) const {
    return norm_.template forward_film<B, 3>(be, p, conv_.forward(be, p, x, ws, s.conv), modulation,
                                             ws, s.norm);
  }

  /// The way back from `forward_film`, given the same modulation: gradients of x and of it.
  template <class B>
  film::gradient<B, 3> backward_film(B& be, const parameters<B>& p, const saved<B>& s,
                                     const_view_of<B, 2> modulation, const_view_of<B, 3> dy,
                                     workspace<B>& ws) const {
    const auto d = norm_.template backward_film<B, 3>(be, p, s.norm, modulation, dy, ws);
    return {conv_.backward(be, p, s.conv, d.h, ws), d.modulation};
  }

  /// y and its derivative along dx.
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                                  const_view_of<B, 3> dx, workspace<B>& ws) const {
    const auto h = conv_.jvp(be, p, x, dx, ws);
    return norm_.jvp(be, p, h.y, h.dy, ws);
  }

 private:
  /// The scope lives until the parameters below it were added.
  conv_block(const parameter_layout::scope&, parameter_layout& layout, const conv_block_options& o)
      : conv_(layout, "conv",
              {.inputs = o.inputs,
               .outputs = o.outputs,
               .kernel = o.kernel,
               .padding = o.kernel / 2}),
        norm_(layout, "norm", {.channels = o.outputs, .groups = o.groups}) {}

  static const conv_block_options& validated(std::string_view name, const conv_block_options& o) {
    FLOWKIT_VALIDATE(o.kernel > 0 && o.kernel % 2 == 1, "convolution block '", name,
                     "' with kernel ", o.kernel,
                     ": it must be positive, and only an odd one can be padded equally on both "
                     "sides; choose ",
                     std::max<index_t>(o.kernel, 0) + 1);
    return o;
  }

  conv1d conv_;
  activated_norm<fn::mish> norm_;
};

}  // namespace flowkit
