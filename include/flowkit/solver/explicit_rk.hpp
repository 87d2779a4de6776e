// One step of any explicit Runge-Kutta method: over a batch, and over one point in registers.
#pragma once

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/fn/runge_kutta.hpp>
#include <flowkit/solver/concepts.hpp>
#include <flowkit/solver/tableau.hpp>

#include <array>
#include <utility>

namespace flowkit {

namespace detail {

/// The weights of a row that are not 0, and their columns.
template <std::size_t Count>
struct sparse_row {
  static constexpr std::size_t count = Count;
  double weight[Count == 0 ? 1 : Count];
  std::size_t column[Count == 0 ? 1 : Count];
};

template <std::size_t S>
constexpr std::size_t count_nonzero(const double (&row)[S]) {
  std::size_t count = 0;
  for (const double w : row) count += w != 0 ? 1 : 0;
  return count;
}

template <std::size_t Count, std::size_t S>
constexpr sparse_row<Count> compressed(const double (&row)[S]) {
  sparse_row<Count> out{};
  std::size_t used = 0;
  for (std::size_t j = 0; j < S; ++j) {
    if (row[j] == 0) continue;
    out.weight[used] = row[j];
    out.column[used++] = j;
  }
  return out;
}

/// Calls f(integral_constant<0>), ..., f(integral_constant<N - 1>): a loop over table entries that
/// are known to the compiler.
template <std::size_t N, class F>
FLOWKIT_HD constexpr void unroll(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<N>{});
}

/// Rows of the table of M without their zeros: stages, result, error.
template <Tableau M>
struct sparse_table {
  static constexpr std::size_t stages = M::table.stages;
  template <std::size_t I>
  static constexpr auto stage = compressed<count_nonzero(M::table.a[I])>(M::table.a[I]);
  static constexpr auto result = compressed<count_nonzero(M::table.b)>(M::table.b);
  static constexpr auto error = compressed<count_nonzero(M::table.error)>(M::table.error);
};

template <class S, std::size_t K>
constexpr void set_weights(S (&to)[K], const sparse_row<K>& row, double factor = 1) {
  for (std::size_t j = 0; j < K; ++j) to[j] = static_cast<S>(factor * row.weight[j]);
}

}  // namespace detail

/// The slopes k_1, ..., k_S of a step, each [n, d].
template <Tableau M, class B>
using rk_slopes = std::array<view_of<B, 2>, M::table.stages>;

namespace detail {

/// y = x + h sum_j row_j k_j; h a number, the same for all rows, or a view [n, d]. One pass.
template <class B, std::size_t K, std::size_t S, class Step>
void combine(B& be, const sparse_row<K>& row, const Step& h, view_of<B, 2> y, const_view_of<B, 2> x,
             const std::array<view_of<B, 2>, S>& k) {
  using T = typename B::value_type;
  const auto call = [&]<std::size_t... J>(std::index_sequence<J...>) {
    if constexpr (std::floating_point<Step>) {
      fn::rk_combine<T, K> f{};
      set_weights(f.weight, row, h);
      be.for_each(f, y, x, const_view_of<B, 2>(k[row.column[J]])...);
    } else {
      fn::rk_combine_rows<T, K> f{};
      set_weights(f.weight, row);
      be.for_each(f, y, x, h, const_view_of<B, 2>(k[row.column[J]])...);
    }
  };
  call(std::make_index_sequence<K>{});
}

/// Slopes 2, 3, ... up to `Last` stages from slope 1, with trial states in y. `time(c, t)` fills
/// the times of a stage; h as in `combine`.
template <Tableau M, std::size_t Last, class B, class V, class Step, class Time>
void later_slopes(B& be, V& v, const Step& h, const Time& time, const_view_of<B, 2> x,
                  view_of<B, 2> y, view_of<B, 1> t, const rk_slopes<M, B>& k) {
  unroll<Last>([&](auto stage) {
    constexpr std::size_t i = decltype(stage)::value;
    if constexpr (i > 0) {
      combine(be, sparse_table<M>::template stage<i>, h, y, x, k);
      time(M::table.c[i], t);
      v(be, const_view_of<B, 1>(t), const_view_of<B, 2>(y), k[i]);
    }
  });
}

/// Stages that the result needs: a last stage of weight 0 serves the error estimate only.
template <Tableau M>
constexpr std::size_t result_stages() {
  std::size_t count = M::table.stages;
  while (count > 1 && M::table.b[count - 1] == 0) --count;
  return count;
}

}  // namespace detail

/// Scratch of fixed steps of method M for states [n, d]; lives in the workspace.
template <Tableau M, class B>
struct rk_scratch {
  rk_slopes<M, B> k;
  view_of<B, 2> y;
  view_of<B, 1> t;

  rk_scratch(workspace<B>& ws, const extents<2>& shape)
      : y(ws.take(shape)), t(ws.take(extents<1>{shape[0]})) {
    for (std::size_t i = 0; i < detail::result_stages<M>(); ++i) k[i] = ws.take(shape);
  }
};

/// x <- x + h sum_i b_i k_i: one step of length h at time t for every row, in place.
/// result_stages evaluations of the field and as many passes over the state.
template <Tableau M, class B, VelocityField<B> V>
void rk_step(B& be, V& v, double t, double h, view_of<B, 2> x, const rk_scratch<M, B>& s) {
  using T = typename B::value_type;
  const auto time = [&](double c, view_of<B, 1> out) { be.fill(out, static_cast<T>(t + c * h)); };
  time(0, s.t);
  v(be, const_view_of<B, 1>(s.t), const_view_of<B, 2>(x), s.k[0]);
  detail::later_slopes<M, detail::result_stages<M>()>(be, v, h, time, const_view_of<B, 2>(x), s.y,
                                                      s.t, s.k);
  detail::combine(be, detail::sparse_table<M>::result, h, x, const_view_of<B, 2>(x), s.k);
}

namespace detail {

/// x + h sum_j row_j k_j for one point.
template <class T, std::size_t D, std::size_t K, std::size_t S>
FLOWKIT_HD constexpr point<D, T> combined(const sparse_row<K>& row, const T& h,
                                          const point<D, T>& x, const point<D, T> (&k)[S]) {
  point<D, T> y{};
  for (std::size_t i = 0; i < D; ++i) {
    T sum = static_cast<T>(row.weight[0]) * k[row.column[0]][i];
    for (std::size_t j = 1; j < K; ++j) {
      sum = sum + static_cast<T>(row.weight[j]) * k[row.column[j]][i];
    }
    y[i] = x[i] + h * sum;
  }
  return y;
}

/// Slopes 2, 3, ... of one point, as `later_slopes`; the last trial state is returned.
template <Tableau M, std::size_t Last, class V, class T, std::size_t D>
FLOWKIT_HD constexpr point<D, T> later_point_slopes(const V& v, const T& t, const T& h,
                                                    const point<D, T>& x,
                                                    point<D, T> (&k)[M::table.stages]) {
  point<D, T> y = x;
  unroll<Last>([&](auto stage) {
    constexpr std::size_t i = decltype(stage)::value;
    if constexpr (i > 0) {
      y = combined(sparse_table<M>::template stage<i>, h, x, k);
      k[i] = v.at(t + static_cast<T>(M::table.c[i]) * h, y);
    }
  });
  return y;
}

}  // namespace detail

/// The same step for one point of a field that needs no batch.
template <Tableau M, class V, class T, std::size_t D>
FLOWKIT_HD constexpr point<D, T> rk_point_step(const V& v, const T& t, const T& h,
                                               const point<D, T>& x) {
  point<D, T> k[M::table.stages]{};
  k[0] = v.at(t, x);
  detail::later_point_slopes<M, detail::result_stages<M>()>(v, t, h, x, k);
  return detail::combined(detail::sparse_table<M>::result, h, x, k);
}

}  // namespace flowkit
