// The parts that solvers are composed of, beside fields (field/) and tableaus (tableau.hpp).
#pragma once

#include <flowkit/field/concepts.hpp>

#include <concepts>

namespace flowkit {

/// Times at which a fixed-step integration evaluates: step i starts at `time(i)` and is `step(i)`
/// long, i < `steps()`; `end()` is where the last one leads. Laws: pure; steps() >= 0.
template <class G>
concept TimeGrid = requires(const G& grid, index_t i) {
  { grid.steps() } -> std::same_as<index_t>;
  { grid.time(i) } -> std::convertible_to<double>;
  { grid.step(i) } -> std::convertible_to<double>;
  { grid.end() } -> std::convertible_to<double>;
};

/// Is shown the state while it is integrated: `o(be, t, x)` with t [n] and x [n, d], row i always
/// being sample i. Called at the start, and after every grid point or every attempt that moved a
/// sample. Law: reads only; keeps no view.
template <class O, class B>
concept Observer = requires(O& o, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x) {
  o(be, t, x);
};

/// Observes nothing.
struct no_observer {
  template <class B>
  void operator()(B&, const_view_of<B, 1>, const_view_of<B, 2>) const {}
};

/// The divergence of a field, exact or estimated: `d(be, field, t, x, dx, out, ws)` writes the
/// velocity dx = v(t, x) and out[n] = sum_i d v_i / d x_i. Laws: the field is only read through
/// jvp; a row of out depends on the same row of the inputs.
template <class D, class V, class B>
concept Divergence = TangentField<V, B> &&
    requires(D& d, V& v, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx,
             view_of<B, 1> out, workspace<B>& ws) {
  d(be, v, t, x, dx, out, ws);
};

}  // namespace flowkit
