// Many small equations in double on the host, and batches of wide states in float on every backend
// that this machine has. The peer of the former is Boost.odeint, run sample by sample at the same
// tolerance, on one thread and on as many as we use; they are compared with results of a tolerance
// of 1e-12 before they are timed. Formulas of a user are compiled for the host alone.
#include "support/backends.hpp"
#include "support/chunk_solves.hpp"
#include "support/floor.hpp"

#include <flowkit/field/analytic_field.hpp>
#include <flowkit/field/counted.hpp>
#include <flowkit/solver/adaptive.hpp>

#include <array>
#include <boost/numeric/odeint.hpp>
#include <cmath>
#include <thread>
#include <vector>

namespace flowkit::bench {
namespace {

using backend = eigen<double>;
using planar = std::array<double, 2>;

constexpr index_t samples = 100'000;
constexpr double end_time = 5;
constexpr double tolerance = 1e-6;

/// Van der Pol oscillator with mu = 1.
constexpr auto van_der_pol = [](auto, const auto& p) {
  return point{p[1], (1 - p[0] * p[0]) * p[1] - p[0]};
};

/// Starts all over the square [-2, 2]^2.
std::vector<planar> starts() {
  std::vector<planar> out;
  for (index_t i = 0; i < samples; ++i) {
    out.push_back(
        {4 * static_cast<double>(i % 317) / 316 - 2, 4 * static_cast<double>(i % 1009) / 1008 - 2});
  }
  return out;
}

/// Our states, filled with the starts on request.
class planar_batch {
 public:
  explicit planar_batch(int threads)
      : be_(host_options{.threads = threads}), ws_(be_), x_(be_, {samples, 2}) {}

  void reset() { be_.copy(x_.view(), starts_.view()); }

  template <class V>
  void integrate_adaptive(V&& field, double accuracy) {
    integrate(be_, dormand_prince{}, field, x_.view(), {0, end_time},
              {.relative = accuracy, .absolute = accuracy}, ws_, result_);
  }

  template <class V>
  void integrate_fixed(V&& field, index_t steps) {
    integrate(be_, rk4{}, field, x_.view(), uniform_grid(0, end_time, steps), ws_);
  }

  [[nodiscard]] const double* data() { return x_.view().data(); }
  [[nodiscard]] integration_result::sample total() const { return result_.total(); }

 private:
  tensor<backend, 2> make_starts() {
    tensor<backend, 2> out(be_, {samples, 2});
    const auto values = starts();
    be_.upload(flatten(out.view()), std::span<const double>(values[0].data(), 2 * values.size()));
    return out;
  }

  backend be_;
  workspace<backend> ws_;
  tensor<backend, 2> x_;
  tensor<backend, 2> starts_ = make_starts();
  integration_result result_;
};

/// End states at a tolerance of 1e-12.
const std::vector<double>& reference() {
  static const std::vector<double> states = [] {
    planar_batch batch(2);
    batch.reset();
    batch.integrate_adaptive(analytic_field<2>(van_der_pol), 1e-12);
    return std::vector<double>(batch.data(), batch.data() + 2 * samples);
  }();
  return states;
}

/// Largest error of end states; also a counter of the case.
double error_of(benchmark::State& state, const double* x) {
  double worst = 0;
  for (std::size_t i = 0; i < reference().size(); ++i) {
    worst = std::max(worst, std::abs(x[i] - reference()[i]));
  }
  state.counters["error"] = worst;
  return worst;
}

/// Both solvers keep the local error at the tolerance; over this time it grows a hundredfold.
constexpr double largest_error = 200 * tolerance;

/// The arithmetic of the attempts in double (half the rate of float): stages, errors, velocities.
work arithmetic(double attempts) {
  const double combinations = 2.0 * 2.0 * (21 + 6);
  const double velocities = 6.0 * 5.0;
  return {.bytes = 2.0 * 2.0 * sizeof(double) * samples,
          .flop = 2.0 * attempts * (combinations + velocities)};
}

template <class V>
void ours(benchmark::State& state, V field) {
  planar_batch batch(static_cast<int>(state.range(0)));
  batch.reset();
  batch.integrate_adaptive(field, tolerance);
  if (error_of(state, batch.data()) > largest_error) return state.SkipWithError("wrong states");
  for (auto _ : state) {
    batch.reset();
    batch.integrate_adaptive(field, tolerance);
  }
  const auto total = batch.total();
  const auto attempts = static_cast<double>(total.accepted + total.rejected);
  report(state, arithmetic(attempts));
  state.counters["attempts"] = attempts;
}

/// A formula that may be evaluated in vector registers, one that may not, and any other field.
void adaptive_branch_free(benchmark::State& state) {
  ours(state, analytic_field<2>(branch_free{van_der_pol}));
}
void adaptive_formula(benchmark::State& state) { ours(state, analytic_field<2>(van_der_pol)); }
void adaptive_batch(benchmark::State& state) {
  ours(state, counted(analytic_field<2>(van_der_pol)));
}

namespace odeint = boost::numeric::odeint;

/// Integrates samples first, ..., last - 1 one after the other; returns the attempts.
std::size_t by_odeint(std::vector<planar>& x, std::size_t first, std::size_t last) {
  const auto field = [](const planar& p, planar& v, double) {
    v = {p[1], (1 - p[0] * p[0]) * p[1] - p[0]};
  };
  std::size_t steps = 0;
  for (std::size_t i = first; i < last; ++i) {
    using stepper = odeint::runge_kutta_dopri5<planar>;
    steps += odeint::integrate_adaptive(odeint::make_controlled<stepper>(tolerance, tolerance),
                                        field, x[i], 0.0, end_time, 0.01);
  }
  return steps;
}

std::size_t by_odeint(std::vector<planar>& x, std::size_t threads) {
  std::vector<std::size_t> steps(threads);
  std::vector<std::thread> others;
  const auto part = [&](std::size_t k) {
    steps[k] = by_odeint(x, x.size() * k / threads, x.size() * (k + 1) / threads);
  };
  for (std::size_t k = 1; k < threads; ++k) others.emplace_back(part, k);
  part(0);
  for (std::thread& t : others) t.join();
  std::size_t total = 0;
  for (const std::size_t s : steps) total += s;
  return total;
}

void adaptive_odeint(benchmark::State& state) {
  const auto threads = static_cast<std::size_t>(state.range(0));
  const auto from = starts();
  auto x = from;
  const std::size_t steps = by_odeint(x, threads);
  if (error_of(state, x[0].data()) > largest_error) return state.SkipWithError("wrong states");
  for (auto _ : state) {
    x = from;
    benchmark::DoNotOptimize(by_odeint(x, threads));
  }
  report(state, arithmetic(static_cast<double>(steps)));
  state.counters["steps"] = static_cast<double>(steps);
}

/// 200 steps of the classical method: no control, no rejected work.
void fixed(benchmark::State& state) {
  constexpr index_t steps = 200;
  planar_batch batch(static_cast<int>(state.range(0)));
  const auto field = analytic_field<2>(branch_free{van_der_pol});
  batch.reset();
  batch.integrate_fixed(field, steps);
  if (error_of(state, batch.data()) > largest_error) return state.SkipWithError("wrong states");
  for (auto _ : state) {
    batch.reset();
    batch.integrate_fixed(field, steps);
  }
  const double per_step = 4 * 5 + 2 * 2 * 7;
  report(state, {.bytes = 2.0 * 2.0 * sizeof(double) * samples,
                 .flop = 2.0 * static_cast<double>(steps * samples) * per_step});
}

void add_chunks() {
  for (const configuration& on : every_backend()) {
    for (const index_t n : {64, 1024, 16384}) {
      const std::string name = text(on.backend, "/chunks/n:", n, "/d:64");
      add("step/" + name, on, [n](auto& state, auto& be) { step_of_chunks(state, be, n, 64); });
      add("adaptive/" + name, on,
          [n](auto& state, auto& be) { adaptive_chunks(state, be, n, 64); });
    }
  }
}

void threads(benchmark::internal::Benchmark* b) {
  b->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(adaptive_branch_free)->Name("adaptive/eigen/van_der_pol_branch_free")->Apply(threads);
BENCHMARK(adaptive_formula)->Name("adaptive/eigen/van_der_pol_formula")->Apply(threads);
BENCHMARK(adaptive_batch)->Name("adaptive/eigen/van_der_pol_batch")->Apply(threads);
BENCHMARK(adaptive_odeint)->Name("adaptive/odeint/van_der_pol")->Apply(threads);
BENCHMARK(fixed)->Name("rk4/eigen/van_der_pol")->Apply(threads);

}  // namespace
}  // namespace flowkit::bench

int main(int argc, char** argv) {
  flowkit::bench::add_chunks();
  return flowkit::bench::run_benchmarks(argc, argv);
}
