// Exact and entropic transport of one batch. Every result is proved before it is timed; the floor
// is one pass over the costs. bench/peers/ot.py times SciPy on the same matrices. Solvers run on
// the host; pairs/minibatch_ot/<backend> is a whole coupling, whose costs and pairs are in the
// memory of a backend; its floor is the product and one pass over the costs, without the solver
// and, on a GPU, the way to the host.
#include "support/backends.hpp"
#include "support/call_times.hpp"
#include "support/rates.hpp"
#include "support/tensors.hpp"

#include <flowkit/coupling/minibatch_ot.hpp>
#include <flowkit/coupling/sinkhorn.hpp>

#include <cmath>
#include <numbers>
#include <numeric>

namespace flowkit::bench {
namespace {

/// Uniform in (0, 1) from an index: the finaliser of splitmix64, in one line of NumPy as well.
double uniform(std::uint64_t k) {
  k = (k + 1) * 0x9E3779B97F4A7C15u;
  k = (k ^ (k >> 30)) * 0xBF58476D1CE4E5B9u;
  k = (k ^ (k >> 27)) * 0x94D049BB133111EBu;
  k ^= k >> 31;
  return (static_cast<double>(k >> 11) + 0.5) * 0x1p-53;
}

/// Standard normal (Box and Muller) from an index.
double normal(std::uint64_t k) {
  return std::sqrt(-2 * std::log(uniform(2 * k))) *
         std::cos(2 * std::numbers::pi * uniform(2 * k + 1));
}

/// Squared distances of n and n normal points in d dimensions; uniform numbers for d = 0. Rounded
/// to float, so that both precisions solve one problem.
template <class T>
std::vector<T> cost_matrix(std::uint64_t n, std::uint64_t d) {
  std::vector<T> costs;
  costs.reserve(n * n);
  for (std::uint64_t i = 0; i < n; ++i) {
    for (std::uint64_t j = 0; j < n; ++j) {
      double cost = d == 0 ? uniform(i * n + j) : 0;
      for (std::uint64_t c = 0; c < d; ++c) {
        const double difference = normal(i * d + c) - normal((n + j) * d + c);
        cost += difference * difference;
      }
      costs.push_back(static_cast<T>(static_cast<float>(cost)));
    }
  }
  return costs;
}

/// Whether the prices prove the total: none undercuts a cost, and they add up to it.
template <class T>
bool proved(const assignment_solver& solver, const std::vector<T>& costs, double total) {
  const auto u = solver.row_prices();
  const auto v = solver.column_prices();
  for (std::size_t k = 0; k < costs.size(); ++k) {
    const double reduced = static_cast<double>(costs[k]) - u[k / v.size()] - v[k % v.size()];
    if (reduced < -1e-9) return false;
  }
  const double dual = std::accumulate(u.begin(), u.end(), std::accumulate(v.begin(), v.end(), 0.0));
  return std::abs(dual - total) <= 1e-9 * std::abs(total);
}

template <class T>
void assignment(benchmark::State& state) {
  const index_t n = state.range(0);
  const auto costs =
      cost_matrix<T>(static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(state.range(1)));
  std::vector<row_t> columns(static_cast<std::size_t>(n));
  assignment_solver solver;
  const double total = solver.solve(costs, n, n, columns);
  if (!proved(solver, costs, total)) return state.SkipWithError("the assignment is not optimal");
  for (auto _ : state) benchmark::DoNotOptimize(solver.solve(costs, n, n, columns));
  report(state, {.bytes = static_cast<double>(costs.size() * sizeof(T))});
  state.counters["cost"] = total;
}

void cases(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "d"})->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const index_t n : {256, 1024}) {
    for (const index_t d : {0, 2, 8}) b->Args({n, d});
  }
}
BENCHMARK_TEMPLATE(assignment, float)->Name("assignment/host<float>")->Apply(cases);
BENCHMARK_TEMPLATE(assignment, double)->Name("assignment/host<double>")->Apply(cases);

/// Ten iterations: the time to converge depends on the regularisation alone.
void sinkhorn(benchmark::State& state) {
  const index_t n = state.range(0);
  const auto costs = cost_matrix<float>(static_cast<std::uint64_t>(n), 8);
  const transport_problem<float> problem{costs, n, n};
  sinkhorn_options options{.regularization = 1.0, .tolerance = 1e-9};
  sinkhorn_solver solver;
  if (!solver.solve(problem, options).converged) return state.SkipWithError("no convergence");
  options = {.regularization = 1.0, .tolerance = 0, .iteration_limit = 10};
  for (auto _ : state) benchmark::DoNotOptimize(solver.solve(problem, options));
  report(state, {.bytes = 20.0 * static_cast<double>(costs.size() * sizeof(float))});
}
BENCHMARK(sinkhorn)
    ->Name("sinkhorn_10/host<float>")
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Sum of squares of the numbers, and of their differences from others.
template <class B>
std::pair<double, double> squares(B& be, const tensor<B, 2>& x, const tensor<B, 2>& y) {
  tensor<B, 0> out(be, extents<0>{});
  be.sum(fn::square{}, out.view(), x.view());
  const auto size = static_cast<double>(to_host(be, out.view())[0]);
  be.sum(fn::squared_difference{}, out.view(), x.view(), y.view());
  return {size, static_cast<double>(to_host(be, out.view())[0])};
}

/// Checked: the pairs are those of the same noise in another order, and nearer to each other.
template <class B>
void pairs(benchmark::State& state, B& be, index_t n, index_t d) {
  workspace<B> ws(be);
  tensor<B, 2> x0(be, {n, d});
  tensor<B, 2> noise(be, {n, d});
  tensor<B, 2> x1(be, {n, d});
  be.normal(x1.view(), {1});
  be.normal(noise.view(), {2});
  minibatch_ot<float> coupling;
  const auto draw = [&] { coupling.draw(be, {x0.view(), x1.view(), {}}, {2}, ws); };
  draw();
  const auto [size, distance] = squares(be, std::as_const(x0), x1);
  const auto [noise_size, noise_distance] = squares(be, std::as_const(noise), x1);
  if (std::abs(size - noise_size) > 1e-5 * noise_size || distance >= noise_distance) {
    return state.SkipWithError("the noise is not what was transported");
  }
  time_calls(state, be, draw);
  const auto costs = static_cast<double>(n * n);
  report(state, be, {.bytes = costs * sizeof(float), .flop = 2.0 * costs * static_cast<double>(d)});
}

void add_pairs() {
  for (const configuration& on : every_backend()) {
    for (const index_t n : {256, 1024}) {
      add(text("pairs/minibatch_ot/", on.backend, "/n:", n, "/d:64"), on,
          [n](auto& state, auto& be) { pairs(state, be, n, 64); })
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace
}  // namespace flowkit::bench

int main(int argc, char** argv) {
  flowkit::bench::add_pairs();
  return flowkit::bench::run_benchmarks(argc, argv);
}
