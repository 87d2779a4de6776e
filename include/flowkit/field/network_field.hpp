// Velocity fields whose velocity a network predicts.
#pragma once

#include <flowkit/backend/workspace.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/field/concepts.hpp>

namespace flowkit {

/// A network with parameters as a velocity field. Satisfies VelocityField and TangentField for
/// networks without a condition, ConditionalField for all. Networks of two times are asked for the
/// instantaneous velocity: both times are t.
/// Refers to the network, its parameters and the workspace, which must outlive it; the workspace
/// may be the one of the solver. Allocates nothing once the workspace is warm. Throws invalid_input
/// for times, conditions, velocities and tangents that do not fit the state, and where the
/// parameters are too few for the network: those of another layout.
template <class N, class B>
class network_field {
 public:
  /// The condition of a network without one: no columns.
  network_field(const N& net, const parameters<B>& p, workspace<B>& ws)
      : net_(&net), parameters_(p), ws_(&ws) {
    static_assert(VelocityNetwork<N, B>);
  }

  [[nodiscard]] index_t condition_size() const { return net_->condition_size(); }

  void operator()(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx) {
    (*this)(be, t, x, no_condition(x.shape()[0]), dx);
  }

  void jvp(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, const_view_of<B, 2> u,
           view_of<B, 2> dx, view_of<B, 2> du) {
    jvp(be, t, x, no_condition(x.shape()[0]), u, dx, du);
  }

  /// dx = v(t, x | condition), condition [n, condition_size].
  void operator()(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x,
                  const_view_of<B, 2> condition, view_of<B, 2> dx) {
    detail::check_call("a network field", t, x, dx);
    check(x.shape(), condition.shape());
    const scratch_scope<B> scope(*ws_);
    saved_of<N, B> unused{};
    const field_input<B> in{x, times(be, t), condition};
    be.copy(dx, const_view_of<B, 2>(net_->forward(be, parameters_, in, *ws_, unused)));
  }

  /// The same, and du = (dv/dx) u: time and condition do not move.
  void jvp(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, const_view_of<B, 2> condition,
           const_view_of<B, 2> u, view_of<B, 2> dx, view_of<B, 2> du) {
    detail::check_call("a network field", t, x, u, dx, du);
    check(x.shape(), condition.shape());
    const scratch_scope<B> scope(*ws_);
    const field_input<B> in{x, times(be, t), condition};
    const field_input<B> along{u, zeros(be, in.time.shape()), zeros(be, condition.shape())};
    const auto out = net_->jvp(be, parameters_, in, along, *ws_);
    be.copy(dx, const_view_of<B, 2>(out.y));
    be.copy(du, const_view_of<B, 2>(out.dy));
  }

 private:
  void check(const extents<2>& x, const extents<2>& condition) const {
    FLOWKIT_VALIDATE(condition[1] == net_->condition_size() && condition[0] == x[0],
                     "a network with a condition of ", net_->condition_size(),
                     " numbers was given the condition ", condition, " for the state ", x,
                     ": every row needs its condition; wrap the field in `conditioned`");
  }

  static const_view_of<B, 2> no_condition(index_t n) { return {nullptr, extents{n, index_t{0}}}; }

  const_view_of<B, 2> times(B& be, const_view_of<B, 1> t) {
    const view_of<B, 2> out = ws_->take(extents{t.size(), net_->times()});
    be.copy(out, repeat_columns(t, net_->times()));
    return out;
  }

  const_view_of<B, 2> zeros(B& be, const extents<2>& shape) {
    const view_of<B, 2> out = ws_->take(shape);
    be.fill(out, typename B::value_type(0));
    return out;
  }

  const N* net_;
  parameters<B> parameters_;
  workspace<B>* ws_;
};

template <class N, class B>
network_field(const N&, const parameters<B>&, workspace<B>&) -> network_field<N, B>;

}  // namespace flowkit
