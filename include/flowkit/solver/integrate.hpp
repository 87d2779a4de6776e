// Integration of velocity fields on grids of fixed steps.
#pragma once

#include <flowkit/solver/point_path.hpp>
#include <flowkit/solver/result.hpp>

namespace flowkit {

namespace detail {

/// The state behind a view or a tensor.
template <class B, class X>
view_of<B, 2> state_view(X&& x) {
  if constexpr (requires { x.view(); }) {
    return x.view();
  } else {
    return x;
  }
}

/// Throws invalid_input unless the state is a dense matrix of a size that row numbers can count.
template <class B>
void check_state(const view_of<B, 2>& x) {
  validate_dense("the state of an integration", x);
  FLOWKIT_VALIDATE(x.shape()[0] <= std::numeric_limits<row_t>::max(), "the state has ",
                   x.shape()[0], " samples: integrate at most 2^31 - 1 at once");
}

}  // namespace detail

/// Integrates dx/dt = v(t, x) for every row of x [n, d] over the steps of the grid, in place, with
/// method M (euler, midpoint, heun, rk4, or any other tableau). The observer is shown the start and
/// every grid point. Non-finite states simply propagate; the overload with a result reports them.
/// Allocates nothing once the workspace is warm. Throws invalid_input for a state that is not
/// dense.
template <Backend B, Tableau M, class V, TimeGrid G, class O = no_observer>
  requires VelocityField<std::remove_reference_t<V>, B> && Observer<std::remove_reference_t<O>, B>
void integrate(B& be, M, V&& v, view_of<B, 2> x, const G& grid, workspace<B>& ws,
               O&& observe = {}) {
  using field = std::remove_cvref_t<V>;
  detail::check_state<B>(x);
  if constexpr (detail::steps_by_points<field, B, std::remove_cvref_t<O>>) {
    detail::check_points<field>(x.shape());
    detail::integrate_points<M>(be, v, x, grid);
  } else {
    using T = typename B::value_type;
    const scratch_scope<B> scope(ws);
    const rk_scratch<M, B> scratch(ws, x.shape());
    const auto show = [&](double t) {
      be.fill(scratch.t, static_cast<T>(t));
      observe(be, const_view_of<B, 1>(scratch.t), const_view_of<B, 2>(x));
    };
    for (index_t i = 0; i < grid.steps(); ++i) {
      show(grid.time(i));
      rk_step<M>(be, v, grid.time(i), grid.step(i), x, scratch);
    }
    show(grid.end());
  }
}

/// The same with a report: a sample whose state is not finite at the end has the status
/// non_finite. Synchronises. Allocates nothing once workspace and result are warm.
template <Backend B, Tableau M, class V, TimeGrid G, class O = no_observer>
  requires VelocityField<std::remove_reference_t<V>, B> && Observer<std::remove_reference_t<O>, B>
void integrate(B& be, M method, V&& v, view_of<B, 2> x, const G& grid, workspace<B>& ws,
               integration_result& result, O&& observe = {}) {
  using T = typename B::value_type;
  integrate(be, method, v, x, grid, ws, observe);
  result.reset(x.shape()[0]);
  const scratch_scope<B> scope(ws);
  const view_of<B, 1> broken = ws.take(extents<1>{x.shape()[0]});
  be.row_sums(fn::finite_zero{}, broken, const_view_of<B, 2>(x));
  const index_t cost = grid.steps() * static_cast<index_t>(detail::result_stages<M>());
  detail::for_each_on_host<B>(be, broken, [&](index_t i, T zero) {
    const auto status = zero == T(0) ? sample_status::reached_end : sample_status::non_finite;
    result.samples[static_cast<std::size_t>(i)] = {status, cost, grid.steps(), 0};
  });
}

/// The same for a view or tensor x with scratch of its own. Allocates. Synchronises.
template <Backend B, Tableau M, class V, class X, TimeGrid G>
  requires VelocityField<std::remove_reference_t<V>, B> integration_result
  integrate(B& be, M method, V&& v, X&& x, const G& grid) {
    workspace<B> ws(be);
    integration_result result;
    integrate(be, method, v, detail::state_view<B>(x), grid, ws, result);
    return result;
  }

}  // namespace flowkit
