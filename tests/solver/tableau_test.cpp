// Every method has the order that its table states, and wrong tables are refused by the concept.
#include "ode_problems.hpp"

#include <flowkit/field/counted.hpp>
#include <flowkit/solver/integrate.hpp>

namespace flowkit {
namespace {

static_assert(Tableau<euler> && Tableau<midpoint> && Tableau<heun> && Tableau<rk4>);
static_assert(EmbeddedTableau<bogacki_shampine> && EmbeddedTableau<dormand_prince> &&
              EmbeddedTableau<tsitouras>);
static_assert(!EmbeddedTableau<rk4>);
static_assert(detail::first_same_as_last(bogacki_shampine::table) &&
              detail::first_same_as_last(dormand_prince::table) &&
              detail::first_same_as_last(tsitouras::table) &&
              !detail::first_same_as_last(rk4::table) && !detail::first_same_as_last(heun::table));

struct overstated_order {
  static constexpr rk_table<2> table{.order = 3, .c = {0, 0.5}, .a = {{}, {0.5}}, .b = {0, 1}};
};
struct inconsistent_row {
  static constexpr rk_table<2> table{.order = 1, .c = {0, 0.5}, .a = {{}, {0.4}}, .b = {0, 1}};
};
struct implicit_stage {
  static constexpr rk_table<2> table{
      .order = 1, .c = {0, 0.5}, .a = {{}, {0.25, 0.25}}, .b = {0, 1}};
};
struct wrong_error_weights {
  static constexpr rk_table<2> table{.order = 2,
                                     .c = {0, 1},
                                     .a = {{}, {1}},
                                     .b = {0.5, 0.5},
                                     .error_order = 1,
                                     .error = {-0.5, 0.4}};
};
struct overstated_embedded_order {
  static constexpr rk_table<2> table{.order = 2,
                                     .c = {0, 1},
                                     .a = {{}, {1}},
                                     .b = {0.5, 0.5},
                                     .error_order = 2,
                                     .error = {-0.5, 0.5}};
};
struct loose_interpolant {
  static constexpr rk_table<1> table{
      .order = 1, .c = {0}, .a = {{}}, .b = {1}, .dense = {{0.5, 0.25}}};
};
static_assert(!Tableau<overstated_order> && !Tableau<inconsistent_row> &&
              !Tableau<implicit_stage> && !Tableau<wrong_error_weights> &&
              !Tableau<overstated_embedded_order> && !Tableau<loose_interpolant> && !Tableau<int>);

using backend = eigen<double>;

/// Error of growth and decay at t = 3 after `steps` steps.
template <class M>
double error_after(index_t steps) {
  backend be;
  auto x = testing::matrix(be, 1, std::vector<double>{1, 0.5});
  integrate(be, M{}, counted(testing::growth_and_decay()), x, uniform_grid(0, 3, steps));
  const auto exact = testing::growth_and_decay_solution({1, 0.5}, 3);
  return std::hypot(x.view()(0, 0) - exact[0], x.view()(0, 1) - exact[1]);
}

template <class M>
class every_tableau : public ::testing::Test {};
using methods =
    ::testing::Types<euler, midpoint, heun, rk4, bogacki_shampine, dormand_prince, tsitouras>;
TYPED_TEST_SUITE(every_tableau, methods);

// 512 steps leave only the leading term of the error; methods of order 5 are near rounding there
// and need no more than 64.
TYPED_TEST(every_tableau, has_the_order_it_states) {
  const index_t steps = TypeParam::table.order >= 5 ? 64 : 512;

  const double coarse = error_after<TypeParam>(steps);
  const double fine = error_after<TypeParam>(2 * steps);

  EXPECT_NEAR(std::log2(coarse / fine), TypeParam::table.order, 0.1)
      << "errors " << coarse << ", " << fine;
}

/// The table of M without its error estimate, with the embedded result as its result.
template <class M>
struct embedded_result {
  static constexpr auto make() {
    auto t = M::table;
    for (std::size_t i = 0; i < t.stages; ++i) {
      t.b[i] -= t.error[i];
      t.error[i] = 0;
      for (double& w : t.dense[i]) w = 0;
    }
    t.order = t.error_order;
    t.error_order = 0;
    return t;
  }
  static constexpr auto table = make();
};

/// Error of the driven logistic equation at t = 4: the embedded results have tiny leading terms on
/// the other problem.
template <class M>
double logistic_error_after(index_t steps) {
  backend be;
  auto x = testing::matrix(be, 1, std::vector<double>{0.1});
  integrate(be, M{}, testing::driven_logistic(), x, uniform_grid(0, 4, steps));
  return std::abs(x.view()(0, 0) - testing::driven_logistic_solution(0.1, 0, 4));
}

template <class M>
class every_embedded_tableau : public ::testing::Test {};
using embedded_methods = ::testing::Types<bogacki_shampine, dormand_prince, tsitouras>;
TYPED_TEST_SUITE(every_embedded_tableau, embedded_methods);

TYPED_TEST(every_embedded_tableau, has_an_embedded_result_of_the_order_it_states) {
  using method = embedded_result<TypeParam>;
  static_assert(Tableau<method>);

  const double coarse = logistic_error_after<method>(256);
  const double fine = logistic_error_after<method>(512);

  EXPECT_NEAR(std::log2(coarse / fine), method::table.order, 0.1)
      << "errors " << coarse << ", " << fine;
}

// Slopes k_i = c_i^q belong to x = t^(q+1) / (q + 1), which an interpolant of order 4 meets at
// every theta; rounding of the table's fractions leaves 1e-13.
TEST(dense_weights, of_dormand_prince_meet_polynomials) {
  const auto& table = dormand_prince::table;
  for (int q = 0; q < 4; ++q) {
    for (const double theta : {0.1, 0.5, 0.9}) {
      double sum = 0;
      for (std::size_t i = 0; i < table.stages; ++i) {
        const auto& w = table.dense[i];
        const double weight = theta * (w[0] + theta * (w[1] + theta * (w[2] + theta * w[3])));
        sum += weight * std::pow(table.c[i], q);
      }
      EXPECT_NEAR(sum, std::pow(theta, q + 1) / (q + 1), 1e-13) << "q " << q;
    }
  }
}

}  // namespace
}  // namespace flowkit
