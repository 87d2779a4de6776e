// Velocity fields: what solvers integrate.
#pragma once

#include <flowkit/nn/velocity_network.hpp>

namespace flowkit {

/// dx/dt = v(t, x) for a batch: `v(be, t, x, dx)` with t [n], x and dx [n, d] dense, one sample per
/// row. Laws: writes all of dx and reads none of it; pure: equal arguments give equal results; a
/// row of dx depends on the same row of t and x only.
template <class V, class B>
concept VelocityField = requires(V& v, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x,
                                 view_of<B, 2> dx) {
  v(be, t, x, dx);
};

/// A field that also gives its derivative along a direction of state:
/// `v.jvp(be, t, x, u, dx, du)` writes dx = v(t, x) and du = (dv/dx) u, with u and du as x.
template <class V, class B>
concept TangentField = VelocityField<V, B> &&
    requires(V& v, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx) {
  v.jvp(be, t, x, x, dx, dx);
};

namespace detail {

/// Throws invalid_input unless a field was given a time per row of a dense state, and everything
/// else (velocity, tangents) has its shape and is dense as well.
template <class T, Space S, class... Views>
void check_call(const char* field, const view<const T, 1, S>& t, const view<const T, 2, S>& x,
                const Views&... others) {
  FLOWKIT_VALIDATE(t.size() == x.shape()[0], field, " was given ", t.size(),
                   " times for a state of shape ", x.shape(), ": give one per row");
  validate_dense("the state of a field", x);
  const auto check = [&](const auto& other) {
    FLOWKIT_VALIDATE(other.shape() == x.shape(), field,
                     " was given a velocity or tangent of shape ", other.shape(),
                     " for a state of shape ", x.shape(), ": all need the shape of the state");
    validate_dense("a velocity or tangent of a field", other);
  };
  (check(others), ...);
}

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

/// The rows of `all` (data per sample) with these numbers, copied to the first rows of `room`: what
/// `select_rows` of a field makes current. Throws invalid_input for more rows than samples.
template <class B>
const_view_of<B, 2> gather_samples(B& be, const_view_of<B, 2> all,
                                   const_view_of<B, 1, row_t> samples, view_of<B, 2> room) {
  FLOWKIT_VALIDATE(samples.size() <= all.shape()[0], "a selection of ", samples.size(),
                   " rows from data for ", all.shape()[0],
                   " samples: solvers select the rows that are left, so there are never more; "
                   "select fewer, or build the field with the data of all samples");
  const view_of<B, 2> chosen = rows(room, 0, samples.size());
  be.gather_rows(all, samples, chosen);
  return chosen;
}

}  // namespace detail

/// A field with data per sample (a condition). `v.select_rows(be, rows)` makes row i of the
/// following calls stand for sample rows[i] of the batch; `v.select_all(be)` undoes it. There are
/// at most as many rows as samples, with numbers from 0 to one below the samples; these lie in
/// memory of the backend and are not checked. Solvers that retire finished samples need it; fields
/// without data per sample simply do not have it.
template <class V, class B>
concept SelectableField = VelocityField<V, B> &&
    requires(V& v, B& be, const_view_of<B, 1, row_t> rows) {
  v.select_rows(be, rows);
  v.select_all(be);
};

}  // namespace flowkit
