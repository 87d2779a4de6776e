#include <flowkit/policy/evaluation/quantiles.hpp>
#include <flowkit/policy/rollout/latency.hpp>
#include <flowkit/policy/tasks/task_environment.hpp>

#include <app/command.hpp>
#include <app/method.hpp>
#include <app/run_directory.hpp>

#include <cstdio>

namespace flowkit::app {
namespace {

std::vector<double> timed(const context& c, const method& m) {
  policy::task_environment env(c.values.string("task"));
  return on_backend(c, [&](auto& be) {
    const auto p = policy::load_policy(be, m.policy);
    return policy::measure_latency(
        be, p, env,
        {.chunks = c.values.integer("evaluate.latency_chunks"), .inference = m.inference});
  });
}

}  // namespace

void latency(const context& c) {
  json_array document;
  std::string lines =
      "method                  milliseconds per chunk: p50      p90      p99  maximum\n";
  for (const method& m : methods_of(c)) {
    c.check_stop();
    const policy::latency_summary s = policy::summarize_latency(timed(c, m));
    char line[128];
    std::snprintf(line, sizeof line, "%-38s %13.3f %8.3f %8.3f %8.3f\n", m.label.c_str(), s.p50,
                  s.p90, s.p99, s.maximum);
    lines += line;
    document.push_back(json_object{{"label", m.label},
                                   {"chunks", s.samples},
                                   {"mean_ms", s.mean},
                                   {"p50_ms", s.p50},
                                   {"p90_ms", s.p90},
                                   {"p99_ms", s.p99},
                                   {"maximum_ms", s.maximum}});
  }
  c.answer(document, lines);
}

}  // namespace flowkit::app
