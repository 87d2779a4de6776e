// The networks of a policy: an encoder of observations and a velocity that it conditions.
#pragma once

#include <flowkit/nn/unet1d.hpp>
#include <flowkit/policy/observation_encoder.hpp>

namespace flowkit::policy {

/// Encoder and velocity v(x, t, c) of action chunks x [n, horizon * action], with all parameters in
/// one layout: "encoder. ..." first, "velocity. ..." after. Used in two ways:
///   end to end             visuomotor_matching reaches the encoder through the condition
///   on stored conditions   c is computed once; `velocity_alone()` is the same U-Net in a layout of
///                          its own, whose optimiser therefore cannot touch the encoder
/// A description: it holds no numbers and is cheap to copy.
class visuomotor_field {
 public:
  /// Throws invalid_input if spec or options cannot be used.
  visuomotor_field(const spec& s, const network_options& o)
      : spec_(validated(s, o)),
        encoder_(layout_, "encoder", s, o.encoder),
        velocity_(layout_, "velocity", unet_options(o)),
        alone_(velocity_layout_, "velocity", unet_options(o)) {}

  [[nodiscard]] const spec& specification() const { return spec_; }
  /// All parameters.
  [[nodiscard]] const parameter_layout& layout() const { return layout_; }
  [[nodiscard]] const observation_encoder& encoder() const { return encoder_; }
  /// The velocity, with parameters in `layout()`.
  [[nodiscard]] const unet1d& velocity() const { return velocity_; }
  /// Numbers of the condition.
  [[nodiscard]] index_t condition_size() const { return encoder_.features(); }

  /// The velocity, with parameters in `velocity_layout()`.
  [[nodiscard]] const unet1d& velocity_alone() const { return alone_; }
  [[nodiscard]] const parameter_layout& velocity_layout() const { return velocity_layout_; }
  /// The part of a flat tensor of `layout()` that is a flat tensor of `velocity_layout()`.
  template <class T, Space S>
  [[nodiscard]] view<T, 1, S> velocity_part(const view<T, 1, S>& flat) const {
    FLOWKIT_EXPECT(flat.size() == layout_.size());
    return rows(flat, layout_.size() - velocity_layout_.size(), velocity_layout_.size());
  }

 private:
  static const spec& validated(const spec& s, const network_options& o) {
    validate(s);
    validate(o, s);
    return s;
  }

  [[nodiscard]] unet1d_options unet_options(const network_options& o) const {
    return {.channels = spec_.action_size(),
            .condition = encoder_.features(),
            .time_embedding = o.time_embedding,
            .dims = o.dims,
            .kernel = o.kernel,
            .groups = o.groups,
            .time_scale = time_scale};
  }

  spec spec_;
  parameter_layout layout_;
  parameter_layout velocity_layout_;
  observation_encoder encoder_;
  unet1d velocity_;
  unet1d alone_;
};

}  // namespace flowkit::policy
