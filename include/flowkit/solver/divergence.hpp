// The divergence of velocity fields, exact and by random probes.
#pragma once

#include <flowkit/fn/runge_kutta.hpp>
#include <flowkit/solver/concepts.hpp>

namespace flowkit {

/// div v = sum_i d v_i / d x_i by one tangent per dimension: d evaluations of jvp.
struct exact_divergence {
  template <class B, TangentField<B> V>
  void operator()(B& be, V& v, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx,
                  view_of<B, 1> out, workspace<B>& ws) const {
    using T = typename B::value_type;
    const scratch_scope<B> scope(ws);
    const view_of<B, 2> unit = ws.take(x.shape());
    const view_of<B, 2> along = ws.take(x.shape());
    const view_of<B, 2> sum = reshape(out, extents{out.size(), index_t{1}});
    be.fill(unit, T(0));
    be.fill(out, T(0));
    for (index_t i = 0; i < x.shape()[1]; ++i) {
      be.fill(columns(unit, i, 1), T(1));
      v.jvp(be, t, x, const_view_of<B, 2>(unit), dx, along);
      be.for_each(fn::add_to{}, sum, const_view_of<B, 2>(columns(along, i, 1)));
      be.fill(columns(unit, i, 1), T(0));
    }
  }
};

/// How the random directions of `hutchinson` are drawn. Both have mean 0 and unit covariance;
/// signs (Rademacher) have the smaller variance.
enum class probe { signs, normal };

/// Settings of `hutchinson`.
struct hutchinson_options {
  index_t probes = 1;
  probe draw = probe::signs;
};

/// div v ~ mean_p e_p . (dv/dx) e_p with random directions e_p (Hutchinson 1990; Grathwohl et al.
/// 2019), unbiased, one jvp per probe. The directions of a sample are drawn once, so that the
/// estimate is a smooth function along an integration, and depend on the key and the number of the
/// sample only. Selectable as a field is.
template <class B>
class hutchinson {
 public:
  /// Directions for the n samples of states [n, d]. Allocates. Throws invalid_input for no probes.
  hutchinson(B& be, const extents<2>& shape, rng_key key, const hutchinson_options& options = {})
      : probes_(options.probes),
        all_(be, checked(shape, options)),
        gathered_(be, all_.shape()),
        current_(all_.view()) {
    if (options.draw == probe::normal) {
      be.normal(all_.view(), key);
    } else {
      be.uniform(all_.view(), key);
      be.for_each(fn::sign_of_uniform{}, all_.view());
    }
  }

  template <TangentField<B> V>
  void operator()(B& be, V& v, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx,
                  view_of<B, 1> out, workspace<B>& ws) const {
    using T = typename B::value_type;
    FLOWKIT_VALIDATE((current_.shape() == extents<2>{x.shape()[0], probes_ * x.shape()[1]}),
                     "directions of shape ", current_.shape(), " do not fit a state of shape ",
                     x.shape(), " with ", probes_,
                     " probes: build the estimator with the shape of the batch");
    const scratch_scope<B> scope(ws);
    const view_of<B, 2> direction = ws.take(x.shape());
    const view_of<B, 2> along = ws.take(x.shape());
    const view_of<B, 1> estimate = ws.take(out.shape());
    const index_t d = x.shape()[1];
    be.fill(out, T(0));
    for (index_t p = 0; p < probes_; ++p) {
      be.copy(direction, columns(current_, p * d, d));
      v.jvp(be, t, x, const_view_of<B, 2>(direction), dx, along);
      be.row_sums(fn::multiply{}, estimate, const_view_of<B, 2>(direction),
                  const_view_of<B, 2>(along));
      be.for_each(fn::axpy<T>{T(1) / static_cast<T>(probes_)}, out, const_view_of<B, 1>(estimate));
    }
  }

  void select_rows(B& be, const_view_of<B, 1, row_t> samples) {
    current_ = detail::gather_samples(be, std::as_const(all_).view(), samples, gathered_.view());
  }
  void select_all(B&) { current_ = all_.view(); }

  /// Samples that directions were drawn for.
  [[nodiscard]] index_t samples() const { return all_.shape()[0]; }

 private:
  static extents<2> checked(const extents<2>& shape, const hutchinson_options& options) {
    FLOWKIT_VALIDATE(options.probes > 0, "divergence estimated with ", options.probes,
                     " probes: at least one is needed");
    return {shape[0], shape[1] * options.probes};
  }

  index_t probes_;
  tensor<B, 2> all_;
  tensor<B, 2> gathered_;
  const_view_of<B, 2> current_;
};

}  // namespace flowkit
