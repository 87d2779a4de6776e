// Counts what a solver asks of a field.
#pragma once

#include <flowkit/field/concepts.hpp>

#include <utility>

namespace flowkit {

/// A field that counts its evaluations, for tests and measurements. Steps over batches always go
/// through it, even when the field inside is a formula.
template <class V>
class counted {
 public:
  explicit counted(V field) : field_(std::move(field)) {}

  /// Calls since the start.
  [[nodiscard]] index_t calls() const { return calls_; }
  /// Rows in all of them.
  [[nodiscard]] index_t rows() const { return rows_; }

  template <class B>
    requires VelocityField<V, B>
  void operator()(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx) {
    ++calls_;
    rows_ += x.shape()[0];
    field_(be, t, x, dx);
  }

  template <class B>
    requires TangentField<V, B>
  void jvp(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, const_view_of<B, 2> u,
           view_of<B, 2> dx, view_of<B, 2> du) {
    ++calls_;
    rows_ += x.shape()[0];
    field_.jvp(be, t, x, u, dx, du);
  }

  template <class B>
    requires SelectableField<V, B>
  void select_rows(B& be, const_view_of<B, 1, row_t> samples) { field_.select_rows(be, samples); }
  template <class B>
    requires SelectableField<V, B>
  void select_all(B& be) { field_.select_all(be); }

  [[nodiscard]] index_t samples() const requires requires(const V& v) { v.samples(); }
  { return field_.samples(); }

 private:
  V field_;
  index_t calls_ = 0;
  index_t rows_ = 0;
};

}  // namespace flowkit
