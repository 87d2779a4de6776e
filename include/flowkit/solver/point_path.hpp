// The shorter way through a step for fields that are formulas: all stages of a row in registers.
#pragma once

#include <flowkit/solver/adaptive_batch.hpp>

#include <tuple>

namespace flowkit::detail {

/// Whether rows of this field can be stepped one by one: it is a formula, nobody watches, and the
/// host may run code that the backend library does not contain.
template <class V, class B, class Watch>
constexpr bool steps_by_points = PointField<V, B>&& std::same_as<Watch, no_observer>&&
    std::same_as<typename B::space, host_space>;

/// Throws invalid_input unless the rows are points of the field.
template <class V>
void check_points(const extents<2>& shape) {
  FLOWKIT_VALIDATE(shape[1] == static_cast<index_t>(V::dimension), "a field of dimension ",
                   V::dimension, " was given a state of shape ", shape, ": a row must hold ",
                   V::dimension, " numbers; pass a matrix [samples, ", V::dimension, "]");
}

/// Rows that are computed side by side: two registers of the smallest vector instruction set.
template <class T>
constexpr std::size_t group_size = 32 / sizeof(T);

/// W consecutive elements.
template <class E, std::size_t W>
struct group {
  E row[W];
};

/// The elements of a vector in groups; the last n % W belong to none.
template <std::size_t W, class E, Space S>
auto as_groups(const view<E, 1, S>& v) {
  using element =
      std::conditional_t<std::is_const_v<E>, const group<std::remove_const_t<E>, W>, group<E, W>>;
  return view<element, 1, S>{reinterpret_cast<element*>(v.data()),
                             extents<1>{v.size() / index_t{W}}};
}

template <class T, std::size_t W>
fn::lanes<T, W> gathered(const group<T, W>& g) {
  fn::lanes<T, W> out;
  for (std::size_t i = 0; i < W; ++i) out.lane[i] = g.row[i];
  return out;
}
template <std::size_t D, class T, std::size_t W>
point<D, fn::lanes<T, W>> gathered(const group<point<D, T>, W>& g) {
  point<D, fn::lanes<T, W>> out;
  for (std::size_t c = 0; c < D; ++c) {
    for (std::size_t i = 0; i < W; ++i) out[c].lane[i] = g.row[i][c];
  }
  return out;
}

template <class T, std::size_t W>
void scatter(const fn::lanes<T, W>& from, group<T, W>& to) {
  for (std::size_t i = 0; i < W; ++i) to.row[i] = from.lane[i];
}
template <std::size_t D, class T, std::size_t W>
void scatter(const point<D, fn::lanes<T, W>>& from, group<point<D, T>, W>& to) {
  for (std::size_t c = 0; c < D; ++c) {
    for (std::size_t i = 0; i < W; ++i) to.row[i][c] = from[c].lane[i];
  }
}

/// Calls f(outputs&..., inputs...) for corresponding elements; in groups of W where the field takes
/// lanes, each group as one call with lanes.
template <class V, class B, class F, class... Out, class... In>
void for_each_point(B& be, const F& f, const std::tuple<view<Out, 1, host_space>...>& out,
                    const std::tuple<view<In, 1, host_space>...>& in) {
  const auto run = [&](const auto& g, const auto& part) {
    std::apply([&](const auto&... views) { be.for_each(g, part(views)...); },
               std::tuple_cat(out, in));
  };
  index_t grouped = 0;
  if constexpr (V::takes_lanes) {
    constexpr std::size_t width = group_size<typename B::value_type>;
    const index_t n = std::get<0>(out).size();
    grouped = n - n % index_t{width};
    const auto g = [&](group<std::remove_const_t<Out>, width>&... to,
                       const group<std::remove_const_t<In>, width>&... from) {
      std::tuple<decltype(gathered(to))...> results;
      std::apply([&](auto&... r) { f(r..., gathered(from)...); }, results);
      std::apply([&](const auto&... r) { (scatter(r, to), ...); }, results);
    };
    run(g, [](const auto& v) { return as_groups<width>(v); });
  }
  run(f, [&](const auto& v) { return rows(v, grouped, v.size() - grouped); });
}

/// All steps of a grid for every row, without a pass over memory in between.
template <Tableau M, class B, class V, TimeGrid G>
void integrate_points(B& be, const V& v, view_of<B, 2> x, const G& grid) {
  constexpr std::size_t dimension = V::dimension;
  const auto each = [&](auto& end, const auto& start) {
    using U = typename std::remove_cvref_t<decltype(end)>::value_type;
    using T = typename B::value_type;
    end = start;
    for (index_t i = 0; i < grid.steps(); ++i) {
      const U t = static_cast<T>(grid.time(i));
      end = rk_point_step<M>(v, t, U(static_cast<T>(grid.step(i))), end);
    }
  };
  const const_view_of<B, 2> from(x);
  for_each_point<V>(be, each, std::tuple(as_points<dimension>(x)),
                    std::tuple(as_points<dimension>(from)));
}

/// The same as adaptive_batch::attempt in one pass.
template <EmbeddedTableau M, class B, class V>
void attempt_points(B& be, const V& v, adaptive_batch<M, B>& batch) {
  using T = typename B::value_type;
  constexpr std::size_t dimension = V::dimension;
  constexpr std::size_t stages = M::table.stages;
  const T absolute = static_cast<T>(batch.setting().options.absolute);
  const T relative = static_cast<T>(batch.setting().options.relative);
  const auto each = [&]<class U>(point<dimension, U>& y, point<dimension, U>& last, U& error,
                                 const U& t, const U& h, const point<dimension, U>& x,
                                 const point<dimension, U>& first) {
    using std::abs;
    using std::max;
    point<dimension, U> k[stages];
    k[0] = first;
    y = later_point_slopes<M, stages>(v, t, h, x, k);
    if constexpr (adaptive_batch<M, B>::reuses_last) {
      last = k[stages - 1];
    } else {
      y = combined(sparse_table<M>::result, h, x, k);
      last = v.at(t + h, y);
    }
    const point<dimension, U> wrong =
        combined(sparse_table<M>::error, U(T(1)), point<dimension, U>{}, k);
    error = U(T(0));
    for (std::size_t i = 0; i < dimension; ++i) {
      const U size = max(U(abs(x[i])), U(abs(y[i])));
      const U ratio = wrong[i] / (U(absolute) + U(relative) * size);
      error = error + ratio * ratio;
    }
  };
  batch.begin(be);
  for_each_point<V>(
      be, each,
      std::tuple(as_points<dimension>(batch.y), as_points<dimension>(batch.last), batch.error),
      std::tuple(const_view_of<B, 1>(batch.t), const_view_of<B, 1>(batch.h),
                 as_points<dimension>(const_view_of<B, 2>(batch.x)),
                 as_points<dimension>(const_view_of<B, 2>(batch.first))));
}

/// The same as adaptive_batch::commit.
template <std::size_t D, EmbeddedTableau M, class B>
void commit_points(B& be, adaptive_batch<M, B>& batch) {
  using T = typename B::value_type;
  const auto each = [](point<D, T>& x, point<D, T>& first, const point<D, T>& y,
                       const point<D, T>& last, T taken) {
    x = taken > T(0.5) ? y : x;
    first = taken > T(0.5) ? last : first;
  };
  be.for_each(each, as_points<D>(batch.x), as_points<D>(batch.first),
              as_points<D>(const_view_of<B, 2>(batch.y)),
              as_points<D>(const_view_of<B, 2>(batch.last)), const_view_of<B, 1>(batch.taken));
}

}  // namespace flowkit::detail
