// From the last observations to the condition of the velocity: cameras, then the state as it is.
#pragma once

#include <flowkit/nn/keypoint_encoder.hpp>
#include <flowkit/policy/network_options.hpp>
#include <flowkit/policy/units.hpp>

#include <array>

namespace flowkit::policy {

/// Observations of n windows in the memory of a backend. `images[k]` are the crops of camera k,
/// [n * observe, crop_height, crop_width, 3] with bytes mapped to [-1, 1] (see image.hpp), frames
/// of a window one after the other.
template <class B>
struct observation_batch {
  template <class T>
  using matrix = states<normalized, T, typename B::space>;

  matrix<const typename B::value_type> state{};  ///< [n, observe * state]
  std::array<const_view_of<B, 4>, max_cameras> images{};
};

/// Gradients with respect to the same.
template <class B>
struct observation_gradient {
  view_of<B, 2> state{};
  std::array<const_view_of<B, 4>, max_cameras> images{};
};

/// c = [features of camera 0, ..., state] per observation, flattened over the window: the
/// condition [n, observe * features_per_frame()] of the velocity network (Chi et al. 2023; Xue et
/// al. 2025). Each camera has an own keypoint encoder with group normalisation; without cameras
/// the condition is the state and nothing is trained here. A description like every layer: forward
/// fills `saved`, backward adds parameter gradients, jvp maps tangents.
class observation_encoder {
 public:
  template <class B>
  struct saved {
    std::array<saved_of<keypoint_encoder, B>, max_cameras> cameras;
  };

  /// Adds parameters "<name>.<camera>. ...".
  observation_encoder(parameter_layout& layout, std::string_view name, const spec& s,
                      const encoder_options& o)
      : spec_(s), features_(o.features) {
    const parameter_layout::scope scope(layout, name);
    cameras_.reserve(s.cameras.size());
    for (const camera& c : s.cameras) {
      cameras_.emplace_back(layout, c.name, options(c, o));
    }
  }

  /// Numbers per observation.
  [[nodiscard]] index_t features_per_frame() const {
    return static_cast<index_t>(cameras_.size()) * features_ + spec_.state_size();
  }
  /// Numbers of the condition: observe * features_per_frame().
  [[nodiscard]] index_t features() const { return spec_.observe * features_per_frame(); }

  /// The condition [n, features()]. Throws invalid_input for images or states of other shapes.
  template <class B>
  view_of<B, 2> forward(B& be, const parameters<B>& p, const observation_batch<B>& in,
                        workspace<B>& ws, saved<B>& s) const {
    const index_t n = checked_size(in);
    const view_of<B, 2> frames = ws.take(extents{n * spec_.observe, features_per_frame()});
    for (std::size_t k = 0; k < cameras_.size(); ++k) {
      const const_view_of<B, 2> f = cameras_[k].forward(be, p, in.images[k], ws, s.cameras[k]);
      be.copy(part(frames, k), f);
    }
    copy_state(be, in, frames);
    return reshape(frames, extents{n, features()});
  }

  /// Adds the gradients of the encoders; returns those of the observations.
  template <class B>
  observation_gradient<B> backward(B& be, const parameters<B>& p, const saved<B>& s,
                                   const_view_of<B, 2> dc, workspace<B>& ws) const {
    const index_t n = dc.shape()[0];
    const auto frames = reshape(dc, extents{n * spec_.observe, features_per_frame()});
    observation_gradient<B> out;
    for (std::size_t k = 0; k < cameras_.size(); ++k) {
      out.images[k] = cameras_[k].backward(be, p, s.cameras[k], dense_part(be, frames, k, ws), ws);
    }
    out.state = ws.take(extents{n, spec_.history_size()});
    if (!out.state.empty()) {
      be.copy(reshape(out.state, state_shape(n)), state_part(frames));
    }
    return out;
  }

  /// Adds the gradients of the encoders alone: observations are data.
  template <class B>
  void backward_parameters(B& be, const parameters<B>& p, const saved<B>& s, const_view_of<B, 2> dc,
                           workspace<B>& ws) const {
    const auto frames = reshape(dc, extents{dc.shape()[0] * spec_.observe, features_per_frame()});
    for (std::size_t k = 0; k < cameras_.size(); ++k) {
      cameras_[k].backward_parameters(be, p, s.cameras[k], dense_part(be, frames, k, ws), ws);
    }
  }

  /// The condition and its derivative along tangents of the observations.
  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>& p, const observation_batch<B>& in,
                                  const observation_batch<B>& din, workspace<B>& ws) const {
    const index_t n = checked_size(in);
    const view_of<B, 2> y = ws.take(extents{n * spec_.observe, features_per_frame()});
    const view_of<B, 2> dy = ws.take(y.shape());
    for (std::size_t k = 0; k < cameras_.size(); ++k) {
      const auto f = cameras_[k].jvp(be, p, in.images[k], din.images[k], ws);
      be.copy(part(y, k), const_view_of<B, 2>(f.y));
      be.copy(part(dy, k), const_view_of<B, 2>(f.dy));
    }
    copy_state(be, in, y);
    copy_state(be, din, dy);
    return {reshape(y, extents{n, features()}), reshape(dy, extents{n, features()})};
  }

 private:
  static keypoint_encoder_options options(const camera& c, const encoder_options& o) {
    return {.height = c.crop_height,
            .width = c.crop_width,
            .trunk = {.widths = o.widths, .group_channels = o.group_channels},
            .keypoints = o.keypoints,
            .features = o.features};
  }

  [[nodiscard]] extents<2> state_shape(index_t n) const {
    return {n * spec_.observe, spec_.state_size()};
  }

  /// The columns of camera k, and of the state.
  template <class V>
  V part(const V& frames, std::size_t k) const {
    return columns(frames, static_cast<index_t>(k) * features_, features_);
  }
  template <class B>
  const_view_of<B, 2> dense_part(B& be, const_view_of<B, 2> frames, std::size_t k,
                                 workspace<B>& ws) const {
    const view_of<B, 2> out = ws.take(extents{frames.shape()[0], features_});
    be.copy(out, part(frames, k));
    return out;
  }
  template <class V>
  V state_part(const V& frames) const {
    return columns(frames, static_cast<index_t>(cameras_.size()) * features_, spec_.state_size());
  }

  template <class B>
  void copy_state(B& be, const observation_batch<B>& in, view_of<B, 2> frames) const {
    if (spec_.state_size() == 0) return;
    be.copy(state_part(frames), reshape(in.state.numbers(), state_shape(in.state.rows())));
  }

  /// The number of windows, where all parts agree about it.
  template <class B>
  [[nodiscard]] index_t checked_size(const observation_batch<B>& in) const {
    const index_t n =
        spec_.state_size() > 0 ? in.state.rows() : in.images[0].shape()[0] / spec_.observe;
    FLOWKIT_VALIDATE(
        spec_.state_size() == 0 || in.state.numbers().shape()[1] == spec_.history_size(),
        "states of shape ", in.state.numbers().shape(), " were given to a policy of ",
        spec_.observe, " observations of ", spec_.state_size(),
        " state dimensions: a row must hold ", spec_.history_size(), " numbers");
    for (std::size_t k = 0; k < cameras_.size(); ++k) {
      const camera& c = spec_.cameras[k];
      const extents<4> wanted{n * spec_.observe, c.crop_height, c.crop_width, 3};
      FLOWKIT_VALIDATE(in.images[k].shape() == wanted, "camera '", c.name, "' gave images ",
                       in.images[k].shape(), ", but the policy takes ", wanted,
                       ": crop frames to the size in its spec, two or more per window in order");
    }
    return n;
  }

  spec spec_;
  index_t features_;
  std::vector<keypoint_encoder> cameras_;
};

}  // namespace flowkit::policy
