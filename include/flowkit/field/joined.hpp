// Several samples integrated as one state.
#pragma once

#include <flowkit/backend/workspace.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/field/concepts.hpp>

#include <utility>

namespace flowkit {

/// A field on rows of `parts` samples [n, parts * d] from one on single samples [n * parts, d]: the
/// parts of a row share time, step and error norm. With one row this is the usual way to give a
/// whole batch to an ODE solver as one equation (scipy's solve_ivp in flow matching code).
/// Satisfies VelocityField. Refers to the workspace, which may be the one of the solver. Throws
/// invalid_input for rows that do not divide and for times and velocities that do not fit.
template <class V, class B>
class joined {
 public:
  joined(V field, index_t parts, workspace<B>& ws)
      : field_(std::move(field)), parts_(parts), ws_(&ws) {
    static_assert(VelocityField<V, B>);
    FLOWKIT_VALIDATE(parts > 0, "a state joined from ", parts,
                     " samples: at least one is needed; give the samples per row of the state");
  }

  void operator()(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx) {
    detail::check_call("a joined field", t, x, dx);
    const extents<2> outer = x.shape();
    FLOWKIT_VALIDATE(
        outer[1] % parts_ == 0, "a joined state of shape ", outer, " does not consist of ", parts_,
        " equal parts per row: lay the samples of a row side by side, all of one size");
    const extents<2> inner{outer[0] * parts_, outer[1] / parts_};
    const scratch_scope<B> scope(*ws_);
    const view_of<B, 2> times = ws_->take(extents{outer[0], parts_});
    be.copy(times, repeat_columns(t, parts_));
    field_(be, const_view_of<B, 1>(flatten(times)), reshape(x, inner), reshape(dx, inner));
  }

 private:
  V field_;
  index_t parts_;
  workspace<B>* ws_;
};

template <class V, class B>
joined(V, index_t, workspace<B>&) -> joined<V, B>;

}  // namespace flowkit
