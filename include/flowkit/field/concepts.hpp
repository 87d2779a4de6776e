// Velocity fields: what solvers integrate.
#pragma once

#include <flowkit/nn/velocity_network.hpp>

namespace flowkit {

/// dx/dt = v(t, x) for a batch: `v(be, t, x, dx)` with t [n], x and dx [n, d], one sample per row.
/// Laws: writes all of dx and reads none of it; pure: equal arguments give equal results; a row of
/// dx depends on the same row of t and x only.
template <class V, class B>
concept VelocityField = requires(V& v, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x,
                                 view_of<B, 2> dx) {
  v(be, t, x, dx);
};

/// A field that also gives its derivative along a direction of state:
/// `v.jvp(be, t, x, u, dx, du)` writes dx = v(t, x) and du = (dv/dx) u.
template <class V, class B>
concept TangentField = VelocityField<V, B> &&
    requires(V& v, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx) {
  v.jvp(be, t, x, x, dx, dx);
};

namespace detail {

/// Throws invalid_input if `v` says how many samples it has data for and that is not n.
template <class V>
void check_samples(const V& v, index_t n) {
  if constexpr (requires { v.check_samples(n); }) {
    v.check_samples(n);
  } else if constexpr (requires { v.samples(); }) {
    FLOWKIT_VALIDATE(v.samples() == n, "a field with data for ", v.samples(),
                     " samples was given a state of ", n,
                     " rows: build it with one row of data per sample");
  }
}

}  // namespace detail

/// A field with data per sample (a condition). `v.select_rows(be, rows)` makes row i of the
/// following calls stand for sample rows[i] of the batch; `v.select_all(be)` undoes it. Solvers
/// that retire finished samples need it; fields without data per sample simply do not have it.
template <class V, class B>
concept SelectableField = VelocityField<V, B> &&
    requires(V& v, B& be, const_view_of<B, 1, row_t> rows) {
  v.select_rows(be, rows);
  v.select_all(be);
};

}  // namespace flowkit
