// Paths that mix noise and data linearly.
#pragma once

#include <flowkit/path/concepts.hpp>
#include <flowkit/path/schedule.hpp>

namespace flowkit {

/// x_t = alpha(t) x1 + sigma(t) x0 and u_t = alpha'(t) x1 + sigma'(t) x0 (Lipman et al. 2022;
/// Albergo et al. 2023). Satisfies Path for every schedule.
template <Schedule S>
class affine_path {
 public:
  constexpr affine_path() = default;
  constexpr explicit affine_path(S schedule) : schedule_(schedule) {}

  [[nodiscard]] constexpr const S& schedule() const { return schedule_; }

  /// t [n]; x0, x1, xt, ut [n, d]. One pass over memory. Throws invalid_input for other shapes.
  template <Backend B>
  void sample(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x0, const_view_of<B, 2> x1,
              view_of<B, 2> xt, view_of<B, 2> ut) const {
    const extents<2> shape = x0.shape();
    FLOWKIT_VALIDATE(
        t.size() == shape[0] && x1.shape() == shape && xt.shape() == shape && ut.shape() == shape,
        "path with ", t.size(), " times, noise ", shape, ", data ", x1.shape(), ", outputs ",
        xt.shape(), " and ", ut.shape(), ": all matrices must have one shape and a time per row");
    using T = typename B::value_type;
    detail::run_path_pass(be, fn::path_sample(detail::coefficients_in<T>(schedule_)), xt, ut,
                          repeat_columns(t, shape[1]), x0, x1);
  }

 private:
  S schedule_{};
};

/// The straight path of rectified flows.
using linear_path = affine_path<linear_schedule>;

}  // namespace flowkit
