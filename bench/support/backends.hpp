// One benchmark on every backend that this machine can run.
#pragma once

#include <flowkit/backends/select.hpp>
#include <flowkit/core/text.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

namespace flowkit::bench {

/// What a case runs on: a backend and the format of its products.
struct configuration {
  std::string backend;
  flowkit::precision precision = flowkit::precision::f32;
};

/// As it stands in the names of cases that run in several precisions, such as onednn_bf16.
inline std::string to_text(const configuration& on) {
  return text(on.backend, '_', flowkit::to_text(on.precision));
}

/// All backends of this build that this machine can run, in f32. Says on the error stream which it
/// leaves out, and why.
inline std::vector<configuration> every_backend() {
  std::vector<configuration> out;
  for (const std::string& name : usable_backends()) out.push_back({name});
  for (const std::string& name : built_backends()) {
    const auto is_this = [&](const configuration& on) { return on.backend == name; };
    if (std::any_of(out.begin(), out.end(), is_this)) continue;
    try {
      with_backend(name, [](auto&) {});
    } catch (const backend_error& reason) {
      std::cerr << "skipped: " << name << ": " << reason.what() << '\n';
    }
  }
  return out;
}

/// The same in every precision that they have.
inline std::vector<configuration> every_precision() {
  std::vector<configuration> out;
  for (const configuration& on : every_backend()) {
    out.push_back(on);
    if (on.backend == "cuda") out.push_back({on.backend, precision::tf32});
    if (on.backend != "eigen") out.push_back({on.backend, precision::bf16});
  }
  return out;
}

/// Registers a benchmark that calls f(state, backend object). What it throws fails the case alone.
template <class F>
benchmark::internal::Benchmark* add(const std::string& name, const configuration& on, const F& f) {
  const auto run = [on, f](benchmark::State& state) {
    try {
      with_backend(on.backend, [&](auto& be) { f(state, be); }, {.precision = on.precision});
    } catch (const std::exception& error) {
      state.SkipWithError(error.what());
    }
  };
  return benchmark::RegisterBenchmark(name.c_str(), run)->UseRealTime();
}

/// Registers `name` in all these configurations, and in double on the backend that is the oracle.
template <class F>
void add_everywhere(const std::string& name, const F& f, const std::vector<configuration>& all) {
  for (const configuration& on : all) add(text(name, '/', to_text(on)), on, f);
  const auto in_double = [f](benchmark::State& state) {
    eigen<double> be;
    f(state, be);
  };
  benchmark::RegisterBenchmark(text(name, "/eigen_f64").c_str(), in_double)->UseRealTime();
}

/// What main does after it has registered its benchmarks.
inline int run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace flowkit::bench
