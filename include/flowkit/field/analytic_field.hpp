// Velocity fields given by a formula.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/field/concepts.hpp>
#include <flowkit/field/point.hpp>
#include <flowkit/fn/dual.hpp>
#include <flowkit/fn/lanes.hpp>

#include <concepts>
#include <utility>

namespace flowkit {

/// A formula dp/dt = f(t, p) on points with coordinates U, at times T.
template <class F, std::size_t D, class T, class U = T>
concept PointFormula = requires(const F& f, T t, point<D, U> p) {
  { f(t, p)[0] } -> std::convertible_to<U>;
  requires std::remove_cvref_t<decltype(f(t, p))>::dimension == D;
};

/// Marks a generic formula without branches on the coordinates: it may then be evaluated at several
/// points at once (fn::lanes), which is about twice as fast.
///   analytic_field<2>(branch_free{[](auto t, auto p) { return point{-p[1], (1 - t) * p[0]}; }})
template <class F>
struct branch_free {
  F formula;

  template <class T, class P>
  FLOWKIT_HD constexpr auto operator()(const T& t, const P& p) const {
    return formula(t, p);
  }
};
template <class F>
branch_free(F) -> branch_free<F>;

namespace detail {
template <class F>
constexpr bool is_branch_free = false;
template <class F>
constexpr bool is_branch_free<branch_free<F>> = true;
}  // namespace detail

/// The field of a formula; made by `analytic_field`. Satisfies VelocityField, and TangentField
/// when the formula also accepts points of dual numbers: `[](auto t, auto p) { ... }` with
/// functions called as `using std::sin; sin(p[0])`.
/// Rows of x are dense [n, D]; other widths and strides, times that are not one per row and results
/// of another shape throw invalid_input.
template <std::size_t D, class F>
class analytic {
 public:
  static constexpr std::size_t dimension = D;
  /// Whether `at` takes fn::lanes.
  static constexpr bool takes_lanes = detail::is_branch_free<F>;

  explicit constexpr analytic(F formula) : formula_(std::move(formula)) {}

  /// The velocity of one point.
  template <class T, class U>
  requires PointFormula<F, D, T, U> FLOWKIT_HD constexpr point<D, U> at(
      T t, const point<D, U>& p) const {
    const auto v = formula_(t, p);
    point<D, U> out{};
    for (std::size_t i = 0; i < D; ++i) out[i] = static_cast<U>(v[i]);
    return out;
  }

  template <class B>
    requires PointFormula<F, D, typename B::value_type>
  void operator()(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, view_of<B, 2> dx) const {
    using T = typename B::value_type;
    check(t, x, dx);
    const auto each = [this](point<D, T>& v, T time, const point<D, T>& p) { v = at(time, p); };
    be.for_each(each, as_points<D>(dx), t, as_points<D>(x));
  }

  /// dx = f(t, x) and du = (df/dx) u, by dual numbers.
  template <class B>
    requires PointFormula<F, D, typename B::value_type, fn::dual<typename B::value_type>>
  void jvp(B& be, const_view_of<B, 1> t, const_view_of<B, 2> x, const_view_of<B, 2> u,
           view_of<B, 2> dx, view_of<B, 2> du) const {
    using T = typename B::value_type;
    check(t, x, u, dx, du);
    const auto each = [this](point<D, T>& v, point<D, T>& w, T time, const point<D, T>& p,
                             const point<D, T>& q) {
      point<D, fn::dual<T>> along{};
      for (std::size_t i = 0; i < D; ++i) along[i] = {p[i], q[i]};
      const auto y = at(time, along);
      for (std::size_t i = 0; i < D; ++i) {
        v[i] = y[i].value;
        w[i] = y[i].slope;
      }
    };
    be.for_each(each, as_points<D>(dx), as_points<D>(du), t, as_points<D>(x), as_points<D>(u));
  }

 private:
  template <class Times, class State, class... Others>
  static void check(const Times& t, const State& x, const Others&... others) {
    FLOWKIT_VALIDATE(x.shape()[1] == static_cast<index_t>(D), "an analytic field of dimension ", D,
                     " was given a state of shape ", x.shape(), ": a row must hold ", D,
                     " numbers; pass a matrix [samples, ", D, "]");
    detail::check_call("an analytic field", t, x, others...);
  }

  F formula_;
};

/// Makes a velocity field of dimension D from a callable (time, point<D>) -> point<D>.
///   auto swirl = analytic_field<2>([](auto t, auto p) { return point{-p[1], (1 - t) * p[0]}; });
template <std::size_t D, class F>
[[nodiscard]] constexpr analytic<D, F> analytic_field(F formula) {
  return analytic<D, F>(std::move(formula));
}

/// A field whose velocity at a point can be had without a batch. Solvers then take whole steps of
/// a row in registers instead of one pass over memory per stage.
template <class V, class B>
concept PointField = requires(const V& v, typename B::value_type t,
                              const point<V::dimension, typename B::value_type>& p) {
  { v.at(t, p) } -> std::same_as<point<V::dimension, typename B::value_type>>;
};

}  // namespace flowkit
