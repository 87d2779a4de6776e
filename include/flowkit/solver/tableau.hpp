// Explicit Runge-Kutta methods as tables of numbers that the compiler checks.
#pragma once

#include <flowkit/solver/order_conditions.hpp>

#include <concepts>

namespace flowkit {

/// Coefficients of an explicit Runge-Kutta method with S stages (Butcher tableau):
///   k_i = v(t + c_i h, x + h sum_j a_ij k_j),   x(t + h) ~ x + h sum_i b_i k_i.
/// Methods with an embedded second result give weights of the difference: error ~ h sum error_i
/// k_i.
template <std::size_t S>
struct rk_table {
  static constexpr std::size_t stages = S;
  int order;
  double c[S];
  double a[S][S];
  double b[S];
  int error_order = 0;  ///< order of the embedded result; 0: none
  double error[S]{};
  /// x(t + theta h) ~ x + h sum_i k_i sum_j dense_ij theta^(j+1); all 0: cubic Hermite instead.
  double dense[S][4]{};
};

namespace detail {

template <std::size_t S>
constexpr bool all_zero(const double (&x)[S]) {
  for (const double v : x) {
    if (v != 0) return false;
  }
  return true;
}

template <std::size_t S>
constexpr bool explicit_stages(const rk_table<S>& t) {
  for (std::size_t i = 0; i < S; ++i) {
    for (std::size_t j = i; j < S; ++j) {
      if (t.a[i][j] != 0) return false;
    }
  }
  return t.c[0] == 0;
}

template <std::size_t S>
constexpr bool has_dense(const rk_table<S>& t) {
  for (const auto& row : t.dense) {
    if (!all_zero(row)) return true;
  }
  return false;
}

/// The interpolant meets the step at its end.
template <std::size_t S>
constexpr bool dense_consistent(const rk_table<S>& t) {
  if (!has_dense(t)) return true;
  for (std::size_t i = 0; i < S; ++i) {
    const auto& w = t.dense[i];
    if (!order_conditions<S>::close(w[0] + w[1] + w[2] + w[3], t.b[i])) return false;
  }
  return true;
}

/// The second result b - error has the order it claims, and the weights are a difference.
template <std::size_t S>
constexpr bool embedded_consistent(const rk_table<S>& t) {
  if (t.error_order == 0) return all_zero(t.error);
  double second[S]{};
  double total = 0;
  for (std::size_t i = 0; i < S; ++i) {
    second[i] = t.b[i] - t.error[i];
    total += t.error[i];
  }
  return order_conditions<S>::close(total, 0) && !all_zero(t.error) &&
         order_conditions<S>(t.a, second, t.c).hold(t.error_order);
}

template <std::size_t S>
consteval bool valid(const rk_table<S>& t) {
  const order_conditions<S> conditions(t.a, t.b, t.c);
  return t.order >= 1 && t.order <= 5 && explicit_stages(t) && conditions.rows_consistent() &&
         conditions.hold(t.order) && embedded_consistent(t) && dense_consistent(t);
}

/// First same as last: the last stage is the slope at the end of the step.
template <std::size_t S>
constexpr bool first_same_as_last(const rk_table<S>& t) {
  for (std::size_t j = 0; j < S; ++j) {
    if (t.a[S - 1][j] != t.b[j]) return false;
  }
  return t.c[S - 1] == 1;
}

}  // namespace detail

/// A method: a type with a static table. Checked when the concept is: row sums of a equal c, all
/// order conditions up to the stated order (at most 5), those of the embedded result, error weights
/// that sum to 0, and an interpolant that meets the end of the step.
template <class M>
concept Tableau = requires {
  { M::table } -> std::convertible_to<rk_table<M::table.stages>>;
  requires detail::valid(M::table);
};

/// A method with an error estimate, as adaptive integration needs it.
template <class M>
concept EmbeddedTableau = Tableau<M> &&(M::table.error_order > 0);

/// y + h f(t, y).
struct euler {
  static constexpr rk_table<1> table{.order = 1, .c = {0}, .a = {{}}, .b = {1}};
};

/// The slope at the middle of the step, which half an Euler step reaches.
struct midpoint {
  static constexpr rk_table<2> table{.order = 2, .c = {0, 0.5}, .a = {{}, {0.5}}, .b = {0, 1}};
};

/// Trapezoidal rule with an Euler predictor.
struct heun {
  static constexpr rk_table<2> table{.order = 2, .c = {0, 1}, .a = {{}, {1}}, .b = {0.5, 0.5}};
};

/// The classical method.
struct rk4 {
  static constexpr rk_table<4> table{.order = 4,
                                     .c = {0, 0.5, 0.5, 1},
                                     .a = {{}, {0.5}, {0, 0.5}, {0, 0, 1}},
                                     .b = {1. / 6, 1. / 3, 1. / 3, 1. / 6}};
};

/// 3(2) with four stages (Bogacki and Shampine 1989).
struct bogacki_shampine {
  static constexpr rk_table<4> table{.order = 3,
                                     .c = {0, 0.5, 0.75, 1},
                                     .a = {{}, {0.5}, {0, 0.75}, {2. / 9, 1. / 3, 4. / 9}},
                                     .b = {2. / 9, 1. / 3, 4. / 9, 0},
                                     .error_order = 2,
                                     .error = {-5. / 72, 1. / 12, 1. / 9, -1. / 8}};
};

/// 5(4) with seven stages (Dormand and Prince 1980) and its interpolant of order 4 (Shampine 1986).
struct dormand_prince {
  static constexpr rk_table<7> table{
      .order = 5,
      .c = {0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1},
      .a = {{},
            {1. / 5},
            {3. / 40, 9. / 40},
            {44. / 45, -56. / 15, 32. / 9},
            {19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
            {9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
            {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84}},
      .b = {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
      .error_order = 4,
      .error = {71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40},
      .dense = {
          {1, -8048581381. / 2820520608, 8663915743. / 2820520608, -12715105075. / 11282082432},
          {},
          {0, 131558114200. / 32700410799, -68118460800. / 10900136933, 87487479700. / 32700410799},
          {0, -1754552775. / 470086768, 14199869525. / 1410260304, -10690763975. / 1880347072},
          {0, 127303824393. / 49829197408, -318862633887. / 49829197408,
           701980252875. / 199316789632},
          {0, -282668133. / 205662961, 2019193451. / 616988883, -1453857185. / 822651844},
          {0, 40617522. / 29380423, -110615467. / 29380423, 69997945. / 29380423}}};
};

/// 5(4) with seven stages and small error constants (Tsitouras 2011).
struct tsitouras {
  static constexpr rk_table<7> table{
      .order = 5,
      .c = {0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1},
      .a = {{},
            {0.161},
            {-0.008480655492356989, 0.335480655492357},
            {2.8971530571054935, -6.359448489975075, 4.3622954328695815},
            {5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525},
            {5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401,
             -0.028269050394068383},
            {0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
             2.324710524099774}},
      .b = {0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
            2.324710524099774, 0},
      .error_order = 4,
      .error = {-0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995,
                -0.1447110071732629, 0.5823571654525552, -0.45808210592918697,
                0.015151515151515152}};
};

}  // namespace flowkit
