// A field of a batch in which every sample has its own condition.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/field/concepts.hpp>

#include <algorithm>
#include <utility>

namespace flowkit {

/// A field v(t, x | c): `v(be, t, x, condition, dx)` with condition [n, c], one row per sample.
template <class V, class B>
concept ConditionalField = requires(V& v, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x,
                                    view_of<B, 2> dx) {
  v(be, t, x, x, dx);
};

/// A conditional field with the conditions [n, c] of the n samples of a batch. Satisfies
/// VelocityField and SelectableField, and TangentField if the field inside has tangents.
/// Refers to the conditions, which must outlive it.
template <class V, class B>
class conditioned {
 public:
  /// Allocates room for the conditions of any selection of rows.
  conditioned(B& be, V field, const_view_of<B, 2> conditions)
      : field_(std::move(field)),
        all_(conditions),
        current_(conditions),
        gathered_(be, conditions.shape()) {
    static_assert(ConditionalField<V, B>);
  }

  void operator()(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx) {
    check(x.shape());
    field_(be, t, x, current_, dx);
  }

  void jvp(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, const_view_of<B, 2> u,
           view_of<B, 2> dx, view_of<B, 2> du) requires requires(V& v) {
    v.jvp(be, t, x, x, u, dx, du);
  }
  {
    check(x.shape());
    field_.jvp(be, t, x, current_, u, dx, du);
  }

  /// Other conditions for the following calls: as wide as those of the constructor, and not more.
  void rebind(const_view_of<B, 2> conditions) {
    FLOWKIT_VALIDATE(conditions.shape()[0] <= gathered_.shape()[0] &&
                         conditions.shape()[1] == gathered_.shape()[1],
                     "conditions of shape ", conditions.shape(), " for a field made with room for ",
                     gathered_.shape(), ": give at most as many, of the same width");
    all_ = conditions;
    current_ = conditions;
  }

  /// Row i of the following calls has the condition of sample samples[i], a number below samples().
  /// Throws invalid_input for more rows than samples().
  void select_rows(B& be, const_view_of<B, 1, row_t> samples) {
    current_ = detail::gather_samples(be, all_, samples, gathered_.view());
  }

  void select_all(B&) { current_ = all_; }

  /// Samples of the whole batch.
  [[nodiscard]] index_t samples() const { return all_.shape()[0]; }

 private:
  void check(const extents<2>& x) const {
    FLOWKIT_VALIDATE(x[0] == current_.shape()[0], "a field with conditions for ",
                     current_.shape()[0], " samples was given a state of shape ", x,
                     ": the batch must have one sample per condition");
  }

  V field_;
  const_view_of<B, 2> all_;
  const_view_of<B, 2> current_;
  tensor<B, 2> gathered_;
};

template <class B, class V>
conditioned(B&, V, view_of<B, 2>) -> conditioned<V, B>;
template <class B, class V>
conditioned(B&, V, const_view_of<B, 2>) -> conditioned<V, B>;

}  // namespace flowkit
