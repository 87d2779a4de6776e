// Nearest search and selective alignment: rate beside that of the matrix product it consists of.
#include <flowkit/align/selective.hpp>
#include <support/floor.hpp>

#include <cmath>

namespace flowkit::bench {
namespace {

using backend = eigen<float>;

constexpr index_t steps = 16;
constexpr index_t width = 4;
constexpr index_t frame = 68;

/// Demonstrations by formula, the same as in bench/peers/alignment_loop.py: 100 windows each.
struct demonstrations {
  static constexpr index_t windows_each = 100;

  static double action(index_t e, index_t t, index_t j) {
    const auto [x, y, z] =
        std::array{static_cast<double>(e), static_cast<double>(t), static_cast<double>(j)};
    return 0.5 * std::sin(0.07 * y + 0.9 * z + 0.61 * x) +
           0.3 * std::sin(0.013 * y * (z + 1) + 1.7 * x);
  }
  static double feature(index_t e, index_t t, index_t k) {
    return std::sin(0.11 * static_cast<double>(t) + 0.5 * static_cast<double>(k) +
                    0.77 * static_cast<double>(e));
  }
};

/// Couplings near windows of the demonstrations, with the windows' own features as conditions.
struct workload {
  backend be;
  workspace<backend> ws{be};
  tensor<backend, 2> chunks;
  tensor<backend, 2> features;
  tensor<backend, 2> generated;
  tensor<backend, 2> condition;
  tensor<backend, 2> aligned;
  tensor<backend, 1, row_t> window;
  std::vector<row_t> episode;
  std::vector<row_t> offset;

  explicit workload(index_t n)
      : chunks(be, {n, steps * width}),
        features(be, {n, 2 * frame}),
        generated(be, {n, steps * width}),
        condition(be, {n, 2 * frame}),
        aligned(be, {n, steps * width}),
        window(be, {n}) {
    for (index_t w = 0; w < n; ++w) fill_window(w);
    for (index_t i = 0; i < n; ++i) fill_coupling(i, (i * 7919) % n);
  }

  [[nodiscard]] coupling_view<backend> couplings() const {
    return {generated.view(), generated.view(), condition.view(), window.view()};
  }
  [[nodiscard]] expert_index<backend> index() const {
    return {chunks.view(), features.view(), steps, episode, offset};
  }

 private:
  void fill_window(index_t w) {
    const index_t e = w / demonstrations::windows_each;
    const index_t t = w % demonstrations::windows_each;
    episode.push_back(static_cast<row_t>(e));
    offset.push_back(static_cast<row_t>(t));
    for (index_t i = 0; i < steps * width; ++i) {
      chunks.view()(w, i) = static_cast<float>(demonstrations::action(e, t + i / width, i % width));
    }
    for (index_t i = 0; i < 2 * frame; ++i) {
      features.view()(w, i) =
          static_cast<float>(demonstrations::feature(e, t + i / frame, i % frame));
    }
  }

  void fill_coupling(index_t i, index_t w) {
    window.view()(i) = static_cast<row_t>(w);
    for (index_t c = 0; c < steps * width; ++c) {
      const double noise =
          std::sin(12.9898 * static_cast<double>(i) + 78.233 * static_cast<double>(c));
      generated.view()(i, c) = chunks.view()(w, c) + static_cast<float>(0.05 * noise);
    }
    be.copy(rows(condition.view(), i, 1), rows(features.view(), w, 1));
  }
};

void nearest(benchmark::State& state) {
  const index_t n = state.range(0);
  const index_t d = state.range(1);
  backend be;
  tensor<backend, 2> queries(be, {n, d});
  tensor<backend, 2> references(be, {n, d});
  tensor<backend, 2, row_t> index(be, {n, 1});
  tensor<backend, 2> distance(be, {n, 1});
  be.normal(references.view(), {1, 0});
  be.copy(queries.view(), references.view());
  be.for_each(fn::axpy<float>{1e-3F}, queries.view(), const_view_of<backend, 2>(references.view()));
  be.nearest(queries.view(), references.view(), index.view(), distance.view());
  for (index_t i = 0; i < n; ++i) {
    if (index.view()(i, 0) != i) return state.SkipWithError("a row is not nearest to itself");
  }
  be.normal(queries.view(), {2, 0});
  for (auto _ : state) be.nearest(queries.view(), references.view(), index.view(), distance.view());
  report(state,
         {.bytes = 8.0 * static_cast<double>(n * d), .flop = 2.0 * static_cast<double>(n * n * d)});
}
BENCHMARK(nearest)
    ->Name("nearest/eigen")
    ->Args({5000, 64})
    ->Args({20000, 64})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Floor of selective alignment: the products of chunks and of features.
template <class Operator>
void align(benchmark::State& state, const Operator& align_with) {
  workload work(state.range(0));
  // Noise of 0.05 sin(.) per value is a step distance of 0.07: every pair meets its own window.
  const auto once =
      align_with(work.be, work.couplings(), work.index(), work.aligned.view(), work.ws);
  if (once.acceptance() < 0.99 || once.after.mean > 0.2 * once.before.mean) {
    return state.SkipWithError("alignment did not move the pairs to their experts");
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        align_with(work.be, work.couplings(), work.index(), work.aligned.view(), work.ws));
  }
  const auto n = static_cast<double>(state.range(0));
  report(state, {.bytes = 8.0 * n * (steps * width + 2 * frame),
                 .flop = 2.0 * n * n * (steps * width + 2 * frame)});
}

void selective(benchmark::State& state) { align(state, selective_alignment{}); }
BENCHMARK(selective)
    ->Name("align/selective/eigen")
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace flowkit::bench

BENCHMARK_MAIN();
