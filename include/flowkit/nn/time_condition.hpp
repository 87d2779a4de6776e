// One vector per sample from times and condition: what modulates the blocks of a network.
#pragma once

#include <flowkit/nn/activation.hpp>
#include <flowkit/nn/concat.hpp>
#include <flowkit/nn/linear.hpp>
#include <flowkit/nn/sequential.hpp>
#include <flowkit/nn/time_embedding.hpp>
#include <flowkit/nn/velocity_network.hpp>

#include <array>

namespace flowkit {

/// Settings of a joint condition.
struct time_condition_options {
  index_t condition = 0;       ///< size of the condition; 0: times alone
  index_t time_embedding = 0;  ///< size of the time feature; even, at least 4
  index_t times = 1;           ///< 1 or 2
  double time_scale = 1;       ///< multiplies the times
};

/// a = mish([e(t), c]) or, for two times, a = mish([e(t) + e'(r), c]): [n, time_embedding +
/// condition], where e and e' are sinusoidal embeddings followed by a perceptron of one hidden
/// layer (4 time_embedding values, mish). Their parameters are named "time" and "second_time", so a
/// network with two times can start from one with one. Throws invalid_input for unusable options
/// and for inputs of other sizes.
class time_condition {
 public:
  /// Embedding and perceptron of one time.
  using time_feature = sequential<sinusoidal_time_embedding, linear, mish_layer, linear>;

  template <class B>
  struct saved {
    std::array<saved_of<time_feature, B>, 2> times;  ///< the second unused with one time
    saved_of<mish_layer, B> joined;
  };

  time_condition(parameter_layout& layout, const time_condition_options& o)
      : options_(validated(o)) {
    for (index_t i = 0; i < o.times; ++i) {
      features_.push_back(make_feature(layout, i == 0 ? "time" : "second_time"));
    }
  }

  /// Columns of the time input: 1 or 2.
  [[nodiscard]] index_t times() const { return options_.times; }
  /// Columns of the condition input.
  [[nodiscard]] index_t condition_size() const { return options_.condition; }
  /// Columns of the result.
  [[nodiscard]] index_t outputs() const { return options_.time_embedding + options_.condition; }

  /// The embedding and perceptron of time i.
  [[nodiscard]] const time_feature& feature(std::size_t i) const { return features_[i]; }

  /// The joint condition [n, outputs]. Of the state only the number of rows is looked at.
  template <class B>
  view_of<B, 2> forward(B& be, const parameters<B>& p, const field_input<B>& in, workspace<B>& ws,
                        saved<B>& s) const {
    validate(in);
    // The sum is taken in place: an affine layer saves its input, never its output.
    const view_of<B, 2> e = features_[0].forward(be, p, columns(in.time, 0, 1), ws, s.times[0]);
    if (times() == 2) {
      const const_view_of<B, 2> second =
          features_[1].forward(be, p, columns(in.time, 1, 1), ws, s.times[1]);
      be.for_each(fn::add_to{}, e, second);
    }
    const view_of<B, 2> joined = concatenate(be, ws, e, in.condition);
    return mish_layer{}.forward(be, p, joined, ws, s.joined);
  }

  /// Gradients of times and condition; the state is left empty.
  template <class B>
  field_gradient<B> backward(B& be, const parameters<B>& p, const saved<B>& s,
                             const_view_of<B, 2> dy, workspace<B>& ws) const {
    const view_of<B, 2> djoined = mish_layer{}.backward(be, p, s.joined, dy, ws);
    const auto parts = split_channels(be, ws, djoined, options_.time_embedding, options_.condition);
    const view_of<B, 2> dt = features_[0].backward(be, p, s.times[0], parts[0], ws);
    if (times() == 1) return {{}, dt, parts[1]};
    const view_of<B, 2> dr = features_[1].backward(be, p, s.times[1], parts[0], ws);
    return {{}, concatenate(be, ws, dt, dr), parts[1]};
  }

  /// Output, and its derivative along a tangent of times and condition.
  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>& p, const field_input<B>& in,
                                  const field_input<B>& din, workspace<B>& ws) const {
    validate(in);
    const auto e = features_[0].jvp(be, p, columns(in.time, 0, 1), columns(din.time, 0, 1), ws);
    if (times() == 2) {
      const auto second =
          features_[1].jvp(be, p, columns(in.time, 1, 1), columns(din.time, 1, 1), ws);
      be.for_each(fn::add_to{}, e.y, const_view_of<B, 2>(second.y));
      be.for_each(fn::add_to{}, e.dy, const_view_of<B, 2>(second.dy));
    }
    return mish_layer{}.jvp(be, p, concatenate(be, ws, e.y, in.condition),
                            concatenate(be, ws, e.dy, din.condition), ws);
  }

 private:
  static const time_condition_options& validated(const time_condition_options& o) {
    FLOWKIT_VALIDATE(o.times == 1 || o.times == 2, "network of ", o.times,
                     " times: it takes 1 (velocity) or 2 (average velocity)");
    FLOWKIT_VALIDATE(detail::is_count_or_none(o.condition), "network with a condition of size ",
                     o.condition,
                     ": it counts values, so it is not negative and below 2^31; 0 means no "
                     "condition");
    return o;
  }

  [[nodiscard]] time_feature make_feature(parameter_layout& layout, std::string_view name) const {
    const index_t size = options_.time_embedding;
    const parameter_layout::scope scope(layout, name);
    // Braces, because they evaluate from left to right.
    return time_feature{
        sinusoidal_time_embedding(layout, {.dimension = size, .scale = options_.time_scale}),
        linear(layout, "expand", size, 4 * size), mish_layer{},
        linear(layout, "reduce", 4 * size, size)};
  }

  template <class B>
  void validate(const field_input<B>& in) const {
    validate_channels("time input", in.time.shape(), times());
    validate_channels("condition input", in.condition.shape(), condition_size());
    FLOWKIT_VALIDATE(
        in.time.shape()[0] == in.x.shape()[0] && in.condition.shape()[0] == in.x.shape()[0],
        "network got states of shape ", in.x.shape(), ", times of shape ", in.time.shape(),
        " and conditions of shape ", in.condition.shape(), ": each needs one row per sample");
  }

  time_condition_options options_;
  std::vector<time_feature> features_;
};

}  // namespace flowkit
