// Elementwise passes of explicit Runge-Kutta steps: stages, error estimate, commitment, dense
// output.
#pragma once

#include <flowkit/fn/math.hpp>

namespace flowkit::fn {

/// y = x + sum_j weight[j] k_j: a stage when all rows take the same step, which the weights hold.
template <class S, std::size_t K>
struct rk_combine {
  static constexpr kernel_arity arity{1, K + 1};
  S weight[K];
  template <class V, class... Slopes>
  FLOWKIT_HD void operator()(V& y, V x, Slopes... slope) const {
    const V k[K] = {slope...};
    V sum = V(weight[0]) * k[0];
    for (std::size_t j = 1; j < K; ++j) sum = sum + V(weight[j]) * k[j];
    y = x + sum;
  }
};

/// y = x + h sum_j weight[j] k_j: a stage when every row has its own step h.
template <class S, std::size_t K>
struct rk_combine_rows {
  static constexpr kernel_arity arity{1, K + 2};
  S weight[K];
  template <class V, class... Slopes>
  FLOWKIT_HD void operator()(V& y, V x, V h, Slopes... slope) const {
    const V k[K] = {slope...};
    V sum = V(weight[0]) * k[0];
    for (std::size_t j = 1; j < K; ++j) sum = sum + V(weight[j]) * k[j];
    y = x + h * sum;
  }
};

namespace detail {
template <class V>
FLOWKIT_HD V absolute(V x) {
  using fn::select;
  return select(x < constant<V>(0), -x, x);
}

template <class V>
FLOWKIT_HD V larger(V a, V b) {
  using fn::select;
  return select(a > b, a, b);
}

template <class V>
FLOWKIT_HD V smaller(V a, V b) {
  using fn::select;
  return select(a < b, a, b);
}
}  // namespace detail

/// (sum_j weight[j] k_j / (absolute + relative max(|x|, |y|)))^2: one term of the squared error
/// norm of a step of length 1 from x to y. Arguments: x, y, then the slopes.
template <class S, std::size_t K>
struct rk_error {
  static constexpr kernel_arity arity{0, K + 2};
  S weight[K];
  S absolute;
  S relative;
  template <class V, class... Slopes>
  FLOWKIT_HD V operator()(V x, V y, Slopes... slope) const {
    const V k[K] = {slope...};
    V sum = V(weight[0]) * k[0];
    for (std::size_t j = 1; j < K; ++j) sum = sum + V(weight[j]) * k[j];
    const V size = detail::larger(detail::absolute(x), detail::absolute(y));
    const V ratio = sum / (V(absolute) + V(relative) * size);
    return ratio * ratio;
  }
};

/// (v / (absolute + relative |x|))^2: one term of a squared norm in units of the tolerance at x.
template <class S>
struct rk_scaled_square {
  static constexpr kernel_arity arity{0, 2};
  S absolute;
  S relative;
  template <class V>
  FLOWKIT_HD V operator()(V v, V x) const {
    const V ratio = v / (V(absolute) + V(relative) * detail::absolute(x));
    return ratio * ratio;
  }
};

/// x <- y and k <- last where `taken` is 1: the accepted rows move to the end of their step.
struct rk_commit {
  static constexpr kernel_arity arity{2, 3};
  template <class V>
  FLOWKIT_HD void operator()(V& x, V& k, V y, V last, V taken) const {
    using fn::select;
    const auto moves = taken > constant<V>(0.5);
    x = select(moves, y, x);
    k = select(moves, last, k);
  }
};

/// The same without the slope, for methods whose last stage is not the first of the next step.
struct rk_commit_state {
  static constexpr kernel_arity arity{1, 2};
  template <class V>
  FLOWKIT_HD void operator()(V& x, V y, V taken) const {
    using fn::select;
    x = select(taken > constant<V>(0.5), y, x);
  }
};

/// Where time `at` lies in the accepted step from `before` to `now`: theta in (0, 1], else -1.
template <class S>
struct rk_position {
  static constexpr kernel_arity arity{1, 4};
  S at;
  S direction;
  template <class V>
  FLOWKIT_HD void operator()(V& theta, V before, V now, V h, V taken) const {
    using fn::select;
    const V none = constant<V>(-1);
    const V d = V(direction);
    const V inside = detail::smaller((V(at) - before) / h, constant<V>(1));
    theta = select(d * (V(at) - before) > constant<V>(0), inside, none);
    theta = select(d * (V(at) - now) > constant<V>(0), none, theta);
    theta = select(taken > constant<V>(0.5), theta, none);
  }
};

/// out = x + h sum_k k_k sum_j weight[k][j] theta^(j+1) where theta > 0; elsewhere out stays.
template <class S, std::size_t K>
struct rk_interpolate {
  static constexpr kernel_arity arity{1, K + 3};
  S weight[K][4];
  template <class V, class... Slopes>
  FLOWKIT_HD void operator()(V& out, V theta, V x, V h, Slopes... slope) const {
    using fn::select;
    const V k[K] = {slope...};
    V sum = constant<V>(0);
    for (std::size_t i = 0; i < K; ++i) {
      V p = V(weight[i][3]);
      for (std::size_t j = 3; j-- > 0;) p = p * theta + V(weight[i][j]);
      sum = sum + p * k[i];
    }
    out = select(theta > constant<V>(0), x + h * theta * sum, out);
  }
};

/// The cubic through x and y with slopes k and last at the ends, where theta > 0; elsewhere out
/// stays.
struct rk_hermite {
  static constexpr kernel_arity arity{1, 6};
  template <class V>
  FLOWKIT_HD void operator()(V& out, V theta, V x, V h, V y, V k, V last) const {
    using fn::select;
    const V one = constant<V>(1);
    const V rest = one - theta;
    const V chord = y - x;
    const V bend = rest * (h * k - chord) + theta * (chord - h * last);
    out = select(theta > constant<V>(0), x + theta * (chord + rest * bend), out);
  }
};

/// 0 for a finite number, NaN for any other.
struct finite_zero {
  static constexpr kernel_arity arity{0, 1};
  template <class V>
  FLOWKIT_HD V operator()(V x) const {
    return x - x;
  }
};

/// +1 where u > 1/2, else -1: fair signs from uniform numbers, in place.
struct sign_of_uniform {
  static constexpr kernel_arity arity{1, 0};
  template <class V>
  FLOWKIT_HD void operator()(V& u) const {
    using fn::select;
    u = select(u > constant<V>(0.5), constant<V>(1), constant<V>(-1));
  }
};

}  // namespace flowkit::fn
