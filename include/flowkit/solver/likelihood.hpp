// Log-likelihood of data under a flow that starts from a standard normal distribution.
#pragma once

#include <flowkit/solver/adaptive.hpp>
#include <flowkit/solver/divergence.hpp>

namespace flowkit {

namespace detail {

/// The field on (x, l) with dl/dt = div v(t, x): rows [n, d + 1]. Selectable if a part of it is.
template <class V, class D, class B>
class augmented_field {
 public:
  augmented_field(V& field, D& divergence, workspace<B>& ws)
      : field_(&field), divergence_(&divergence), ws_(&ws) {}

  void operator()(B& be, const_view_of<B, 1> t, const_view_of<B, 2> z, view_of<B, 2> dz) {
    const index_t n = z.shape()[0];
    const index_t d = z.shape()[1] - 1;
    const scratch_scope<B> scope(*ws_);
    const view_of<B, 2> x = ws_->take(extents{n, d});
    const view_of<B, 2> dx = ws_->take(extents{n, d});
    const view_of<B, 1> rate = ws_->take(extents<1>{n});
    be.copy(x, columns(z, 0, d));
    (*divergence_)(be, *field_, t, const_view_of<B, 2>(x), dx, rate, *ws_);
    be.copy(columns(dz, 0, d), const_view_of<B, 2>(dx));
    be.copy(columns(dz, d, 1), repeat_columns(const_view_of<B, 1>(rate), 1));
  }

  void select_rows(B& be, const_view_of<B, 1, row_t> samples) {
    if constexpr (requires { field_->select_rows(be, samples); }) field_->select_rows(be, samples);
    if constexpr (requires { divergence_->select_rows(be, samples); }) {
      divergence_->select_rows(be, samples);
    }
  }

  void select_all(B& be) {
    if constexpr (requires { field_->select_all(be); }) field_->select_all(be);
    if constexpr (requires { divergence_->select_all(be); }) divergence_->select_all(be);
  }

  /// Throws invalid_input unless data per sample, of field and divergence, are for n samples.
  void check_samples(index_t n) const {
    detail::check_samples(*field_, n);
    detail::check_samples(*divergence_, n);
  }

 private:
  V* field_;
  D* divergence_;
  workspace<B>* ws_;
};

/// Runs `solve(field, z)` from z = (x, 0) and turns the end state into log densities:
///   log p_1(x_1) = log N(x_0; 0, I) - integral_0^1 div v dt.
template <class B, class V, class D, class Solve>
void log_likelihood_by(B& be, V& v, D& divergence, const_view_of<B, 2> x, view_of<B, 1> out,
                       workspace<B>& ws, const Solve& solve) {
  using T = typename B::value_type;
  const index_t n = x.shape()[0];
  const index_t d = x.shape()[1];
  FLOWKIT_VALIDATE(out.size() == n, "log-likelihood of ", n, " samples into ", out.size(),
                   " numbers: one per sample is needed");
  const scratch_scope<B> scope(ws);
  const view_of<B, 2> z = ws.take(extents{n, d + 1});
  be.copy(columns(z, 0, d), x);
  be.fill(columns(z, d, 1), T(0));
  augmented_field<V, D, B> field(v, divergence, ws);
  solve(field, z);
  constexpr double log_two_pi = 1.837877066409345483561;
  const double shift = -0.5 * static_cast<double>(d) * log_two_pi;
  be.row_sums(fn::square{}, out, const_view_of<B, 2>(columns(z, 0, d)));
  be.for_each(fn::affine<T>{T(-0.5), static_cast<T>(shift)}, out, const_view_of<B, 1>(out));
  be.for_each(fn::add_to{}, reshape(out, extents{n, index_t{1}}),
              const_view_of<B, 2>(columns(z, d, 1)));
}

}  // namespace detail

/// log p_1 of the rows of x [n, d], where p_1 is what the flow of v makes of the standard normal
/// distribution at t = 0 (instantaneous change of variables: Chen et al. 2018; Grathwohl et al.
/// 2019). Integrates backwards over a grid from 1 to 0; x is not changed. `divergence` is
/// exact_divergence or hutchinson (then the result is an unbiased estimate). out [n].
/// Throws invalid_input unless the grid ends at 0. Allocates nothing once the workspace is warm.
template <Backend B, Tableau M, class V, class D, TimeGrid G>
  requires Divergence<std::remove_reference_t<D>, std::remove_reference_t<V>, B>
void log_likelihood(B& be, M method, V&& v, D&& divergence, const_view_of<B, 2> x, const G& grid,
                    view_of<B, 1> out, workspace<B>& ws) {
  FLOWKIT_VALIDATE(grid.end() == 0, "log-likelihood over a grid that ends at ", grid.end(),
                   ": the density is known at t = 0 only; use a grid from 1 to 0");
  detail::log_likelihood_by(be, v, divergence, x, out, ws, [&](auto& field, view_of<B, 2> z) {
    integrate(be, method, field, z, grid, ws);
  });
}

/// The same with step control per sample, from t = 1 to 0. A sample that the result does not report
/// as reached_end has no likelihood: its entry of out is meaningless. Synchronises.
template <Backend B, EmbeddedTableau M, class V, class D>
  requires Divergence<std::remove_reference_t<D>, std::remove_reference_t<V>, B>
void log_likelihood(B& be, M method, V&& v, D&& divergence, const_view_of<B, 2> x,
                    const adaptive_options& options, view_of<B, 1> out, workspace<B>& ws,
                    integration_result& result) {
  detail::log_likelihood_by(be, v, divergence, x, out, ws, [&](auto& field, view_of<B, 2> z) {
    integrate(be, method, field, z, {.start = 1, .end = 0}, options, ws, result);
  });
}

}  // namespace flowkit
