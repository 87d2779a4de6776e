#include <flowkit/policy/evaluation/quantiles.hpp>

#include <app/checks.hpp>
#include <app/command.hpp>
#include <app/episodes.hpp>
#include <app/run_directory.hpp>

#include <cstdio>

namespace flowkit::app {
namespace {

json_value document_of(const policy::latency_summary& s) {
  return json_object{{"actions", s.samples}, {"mean_ms", s.mean}, {"p50_ms", s.p50},
                     {"p90_ms", s.p90},      {"p99_ms", s.p99},   {"maximum_ms", s.maximum}};
}

std::string row_of(const std::string& label, const char* which, const policy::latency_summary& s) {
  char line[128];
  std::snprintf(line, sizeof line, "%-26s %-10s %9.4f %9.4f %9.4f %9.4f\n", label.c_str(), which,
                s.p50, s.p90, s.p99, s.maximum);
  return line;
}

}  // namespace

void latency(const context& c) {
  json_array document;
  std::string lines =
      "milliseconds from an observation to its action\n"
      "method                     action           p50       p90       p99   maximum\n";
  for (const method& m : methods_of(c)) {
    c.check_stop();
    expect_task_of_policy(c, m.policy);
    const auto p = open_policy(c, m.policy);
    const policy::control_latency ms = timed(c, m, *p);
    const policy::latency_summary first = policy::summarize_latency(ms.first);
    const policy::latency_summary following = policy::summarize_latency(ms.following);
    lines += row_of(m.label, "first", first);
    if (following.samples > 0) lines += row_of("", "following", following);
    document.push_back(json_object{
        {"label", m.label}, {"first", document_of(first)}, {"following", document_of(following)}});
  }
  c.answer(document, lines);
}

}  // namespace flowkit::app
