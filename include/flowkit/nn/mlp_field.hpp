// A perceptron as velocity network.
#pragma once

#include <flowkit/core/scalar_option.hpp>
#include <flowkit/nn/concat.hpp>
#include <flowkit/nn/mlp.hpp>
#include <flowkit/nn/velocity_network.hpp>

namespace flowkit {

/// Settings of a perceptron field: the size of the state and of the condition, the number of times
/// (1, or 2 for average velocities), the perceptron, and a factor on the times.
struct mlp_field_options {
  index_t dimension = 0;
  index_t condition = 0;
  index_t times = 1;
  index_t hidden = 64;
  index_t depth = 3;  ///< affine layers
  double time_scale = 1;
};

/// u(x, t, c) = mlp([x, time_scale t, c]) and u(x, t, r, c) = mlp([x, time_scale t, time_scale r,
/// c]): the inputs side by side in this order. Satisfies VelocityNetwork. Throws invalid_input for
/// unusable options, for inputs of other sizes, and for a time scale that the backend's scalar
/// cannot hold.
template <class F = fn::silu>
class mlp_field {
 public:
  template <class B>
  using saved = typename mlp<F>::template saved<B>;

  /// Adds the parameters of the perceptron below "name". Allocates.
  mlp_field(parameter_layout& layout, std::string_view name, const mlp_field_options& o)
      : options_(validated(name, o)),
        net_(layout, name,
             {.inputs = o.dimension + o.times + o.condition,
              .hidden = o.hidden,
              .depth = o.depth,
              .outputs = o.dimension}) {}

  [[nodiscard]] index_t dimension() const { return options_.dimension; }
  [[nodiscard]] index_t times() const { return options_.times; }
  [[nodiscard]] index_t condition_size() const { return options_.condition; }

  /// u for every sample [n, dimension]; the inputs are copied side by side first.
  template <class B>
  view_of<B, 2> forward(B& be, const parameters<B>& p, const field_input<B>& in, workspace<B>& ws,
                        saved<B>& s) const {
    return net_.forward(be, p, joined(be, in, ws), ws, s);
  }

  /// Adds the gradients of the parameters; returns those of state, times and condition.
  template <class B>
  field_gradient<B> backward(B& be, const parameters<B>& p, const saved<B>& s,
                             const_view_of<B, 2> dy, workspace<B>& ws) const {
    const view_of<B, 2> all = net_.backward(be, p, s, dy, ws);
    const auto [x, time, condition] =
        split_channels(be, ws, all, dimension(), times(), condition_size());
    scale_time(be, time);
    return {x, time, condition};
  }

  /// u and its derivative along din, a tangent of all inputs together.
  template <class B>
  tangent_pair<view_of<B, 2>> jvp(B& be, const parameters<B>& p, const field_input<B>& in,
                                  const field_input<B>& din, workspace<B>& ws) const {
    return net_.jvp(be, p, joined(be, in, ws), joined(be, din, ws), ws);
  }

 private:
  static const mlp_field_options& validated(std::string_view name, const mlp_field_options& o) {
    FLOWKIT_VALIDATE(detail::is_count(o.dimension) && detail::is_count_or_none(o.condition),
                     "perceptron field '", name, "' of dimension ", o.dimension,
                     " with a condition of size ", o.condition,
                     ": the dimension must be positive, the condition may be empty, and neither "
                     "may reach 2^31");
    FLOWKIT_VALIDATE(o.times == 1 || o.times == 2, "perceptron field '", name, "' of ", o.times,
                     " times: it takes 1 (velocity) or 2 (average velocity)");
    check_scale(text("perceptron field '", name, "'"), detail::scalar_option<double>(o.time_scale));
    return o;
  }

  template <class T>
  static void check_scale(std::string_view field, const detail::scalar_option<T>& scale) {
    FLOWKIT_VALIDATE(scale.finite(), field, " with a time scale of ", scale,
                     ": it multiplies the times, so it must be finite; 1 leaves them as they are");
  }

  /// The inputs of the perceptron. Linear, so it serves tangents as well.
  template <class B>
  view_of<B, 2> joined(B& be, const field_input<B>& in, workspace<B>& ws) const {
    validate_channels("state of a perceptron field", in.x.shape(), dimension());
    validate_channels("time of a perceptron field", in.time.shape(), times());
    validate_channels("condition of a perceptron field", in.condition.shape(), condition_size());
    const view_of<B, 2> all = concatenate(be, ws, in.x, in.time, in.condition);
    scale_time(be, columns(all, dimension(), times()));
    return all;
  }

  template <class B>
  void scale_time(B& be, view_of<B, 2> time) const {
    using S = typename B::value_type;
    if (options_.time_scale == 1) return;
    const detail::scalar_option<S> scale(options_.time_scale);
    check_scale("perceptron field", scale);
    be.for_each(fn::scaled<S>{scale.held}, time, const_view_of<B, 2>(time));
  }

  mlp_field_options options_;
  mlp<F> net_;
};

}  // namespace flowkit
