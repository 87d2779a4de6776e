// Nearest search and alignment, on every backend that this machine has: rate beside that of the
// matrix product it consists of. Names are nearest/<backend>/<rows>/<columns>, with /k:<nearest>
// where more than one is sought, and align/<rule>/<backend>.
#include "support/backends.hpp"
#include "support/call_times.hpp"
#include "support/checked_case.hpp"
#include "support/rates.hpp"
#include "support/tensors.hpp"

#include <flowkit/align/adaptive.hpp>
#include <flowkit/align/selective.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace flowkit::bench {
namespace {

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
struct numbers {
  std::vector<float> chunks;
  std::vector<float> features;
  std::vector<float> generated;
  std::vector<float> condition;
  std::vector<row_t> window;
  std::vector<row_t> episode;
  std::vector<row_t> offset;

  explicit numbers(index_t n) {
    for (index_t w = 0; w < n; ++w) add_window(w);
    for (index_t i = 0; i < n; ++i) add_coupling(i, (i * 7919) % n);
  }

 private:
  void add_window(index_t w) {
    const index_t e = w / demonstrations::windows_each;
    const index_t t = w % demonstrations::windows_each;
    episode.push_back(static_cast<row_t>(e));
    offset.push_back(static_cast<row_t>(t));
    for (index_t i = 0; i < steps * width; ++i) {
      chunks.push_back(static_cast<float>(demonstrations::action(e, t + i / width, i % width)));
    }
    for (index_t i = 0; i < 2 * frame; ++i) {
      features.push_back(static_cast<float>(demonstrations::feature(e, t + i / frame, i % frame)));
    }
  }

  void add_coupling(index_t i, index_t w) {
    window.push_back(static_cast<row_t>(w));
    for (index_t c = 0; c < steps * width; ++c) {
      const double noise =
          std::sin(12.9898 * static_cast<double>(i) + 78.233 * static_cast<double>(c));
      const float chunk = chunks[static_cast<std::size_t>(w * steps * width + c)];
      generated.push_back(chunk + static_cast<float>(0.05 * noise));
    }
    const auto own = features.begin() + w * 2 * frame;
    condition.insert(condition.end(), own, own + 2 * frame);
  }
};

/// The same in the memory of a backend.
template <class B>
struct workload {
  tensor<B, 2> chunks;
  tensor<B, 2> features;
  tensor<B, 2> generated;
  tensor<B, 2> condition;
  tensor<B, 1, row_t> window;
  tensor<B, 2> aligned;
  std::vector<row_t> episode;
  std::vector<row_t> offset;

  workload(B& be, index_t n, const numbers& from)
      : chunks(from_host(be, extents<2>{n, steps * width}, from.chunks)),
        features(from_host(be, extents<2>{n, 2 * frame}, from.features)),
        generated(from_host(be, extents<2>{n, steps * width}, from.generated)),
        condition(from_host(be, extents<2>{n, 2 * frame}, from.condition)),
        window(from_host(be, extents<1>{n}, from.window)),
        aligned(be, {n, steps * width}),
        episode(from.episode),
        offset(from.offset) {}

  [[nodiscard]] coupling_view<B> couplings() const {
    return {generated.view(), generated.view(), condition.view(), window.view()};
  }
  [[nodiscard]] expert_index<B> index() const {
    return {chunks.view(), features.view(), steps, episode, offset};
  }
};

/// Squared distances from one row to all others, on the host, ascending.
std::vector<double> sorted_distances(const std::vector<float>& query,
                                     const std::vector<float>& rows) {
  std::vector<double> out;
  for (std::size_t first = 0; first < rows.size(); first += query.size()) {
    double& sum = out.emplace_back(0);
    for (std::size_t c = 0; c < query.size(); ++c) {
      const double difference =
          static_cast<double>(query[c]) - static_cast<double>(rows[first + c]);
      sum += difference * difference;
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Checked: every row is nearest to itself, and distances from the last one are those of all pairs.
template <class B>
void nearest(benchmark::State& state, B& be, index_t n, index_t d, index_t k) {
  tensor<B, 2> queries(be, {n, d});
  tensor<B, 2> references(be, {n, d});
  tensor<B, 2, row_t> index(be, {n, k});
  tensor<B, 2> distance(be, {n, k});
  const auto search = [&] {
    be.nearest(queries.view(), references.view(), index.view(), distance.view());
  };
  be.normal(references.view(), {1, 0});
  be.copy(queries.view(), references.view());
  be.for_each(fn::axpy<float>{1e-3F}, queries.view(), const_view_of<B, 2>(references.view()));
  search();
  const std::vector<row_t> found = to_host(be, index.view());
  for (index_t i = 0; i < n; ++i) {
    if (found[static_cast<std::size_t>(i * k)] != i) {
      return state.SkipWithError("a row is not nearest to itself");
    }
  }
  const auto last = [n](const auto& v) { return rows(v, n - 1, 1); };
  const std::vector<double> expected = sorted_distances(
      to_host(be, last(queries.view())), to_host(be, std::as_const(references).view()));
  expect_close(to_host(be, last(distance.view())),
               {expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(k)}, "distances");
  be.normal(queries.view(), {2, 0});
  time_calls(state, be, search);
  report(state, be,
         {.bytes = 8.0 * static_cast<double>(n * d), .flop = 2.0 * static_cast<double>(n * n * d)});
}

/// Floor of both rules: the products of chunks and of features.
template <class B, class Rule>
void align(benchmark::State& state, B& be, index_t couplings, const Rule& rule) {
  workload<B> work(be, couplings, numbers(couplings));
  workspace<B> ws(be);
  const auto once = [&] {
    return rule(be, work.couplings(), work.index(), work.aligned.view(), ws);
  };
  // Noise of 0.05 sin(.) per value is a step distance of 0.07: every pair meets its own window.
  const alignment_report first = once();
  if (first.acceptance() < 0.99 || first.after.mean > 0.2 * first.before.mean) {
    return state.SkipWithError("alignment did not move the pairs to their experts");
  }
  time_calls(state, be, [&] { benchmark::DoNotOptimize(once()); });
  const auto n = static_cast<double>(couplings);
  report(state, be,
         {.bytes = 8.0 * n * (steps * width + 2 * frame),
          .flop = 2.0 * n * n * (steps * width + 2 * frame)});
}

void add_all() {
  for (const configuration& on : every_backend()) {
    const auto in_milliseconds = [&](const std::string& name, const auto& f) {
      add(name, on, f)->Unit(benchmark::kMillisecond);
    };
    for (const index_t n : {5000, 20000}) {
      in_milliseconds(text("nearest/", on.backend, '/', n, "/64"),
                      [n](auto& state, auto& be) { nearest(state, be, n, 64, 1); });
    }
    in_milliseconds(text("nearest/", on.backend, "/5000/64/k:165"),
                    [](auto& state, auto& be) { nearest(state, be, 5000, 64, 165); });
    in_milliseconds(text("align/selective/", on.backend, "/10000"),
                    [](auto& state, auto& be) { align(state, be, 10000, selective_alignment{}); });
    in_milliseconds(text("align/adaptive/", on.backend, "/10000"),
                    [](auto& state, auto& be) { align(state, be, 10000, adaptive_alignment{}); });
  }
}

}  // namespace
}  // namespace flowkit::bench

int main(int argc, char** argv) {
  flowkit::bench::add_all();
  return flowkit::bench::run_benchmarks(argc, argv);
}
