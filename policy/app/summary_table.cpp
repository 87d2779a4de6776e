#include <flowkit/policy/evaluation/summary.hpp>

#include <app/summary_table.hpp>

#include <cstdarg>
#include <cstdio>

namespace flowkit::app {
namespace {

using policy::method_summary;

/// printf into a text, for columns.
std::string formatted(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string formatted(const char* format, ...) {
  char line[256];
  std::va_list values;
  va_start(values, format);
  std::vsnprintf(line, sizeof line, format, values);
  va_end(values);
  return line;
}

std::string number(const char* format, const std::optional<double>& value) {
  char out[32];
  if (!value) return "-";
  std::snprintf(out, sizeof out, format, *value);
  return out;
}

std::string row_of(const method_summary& s) {
  const auto median = s.latency ? std::optional<double>(s.latency->p50) : std::optional<double>();
  const double percent = 100;
  return formatted("%-22s %5.1f %% [%5.1f, %5.1f]  %9s  %7s  %8s  %8s  %6s\n", s.label.c_str(),
                   percent * s.success.share(), percent * s.success_range.low,
                   percent * s.success_range.high, number("%.2f", median).c_str(),
                   number("%.1f", s.evaluations).c_str(), number("%.4f", s.distance).c_str(),
                   number("%.4f", s.seam).c_str(), number("%.2f", s.acceptance).c_str());
}

}  // namespace

json_value optional_number(const std::optional<double>& value) {
  return value ? json_value(*value) : json_value();
}

std::string table_text(std::span<const policy::evaluation_result> results) {
  std::string out =
      formatted("%-22s %-25s  %9s  %7s  %8s  %8s  %6s\n", "method", "success  (95 % interval)",
                "ms/chunk", "NFE", "L2", "seam", "accept");
  for (const policy::evaluation_result& r : results) out += row_of(policy::summarize({&r, 1}));
  return out;
}

json_value table_document(std::span<const policy::evaluation_result> results) {
  json_array out;
  for (const policy::evaluation_result& r : results) {
    const method_summary s = policy::summarize({&r, 1});
    out.emplace_back(json_object{
        {"label", s.label},
        {"task", s.task},
        {"episodes", s.success.trials},
        {"successes", s.success.successes},
        {"success", s.success.share()},
        {"success_low", s.success_range.low},
        {"success_high", s.success_range.high},
        {"ms_per_chunk", optional_number(s.latency ? std::optional(s.latency->p50) : std::nullopt)},
        {"evaluations", optional_number(s.evaluations)},
        {"distance", optional_number(s.distance)},
        {"seam", optional_number(s.seam)},
        {"acceptance", optional_number(s.acceptance)}});
  }
  return out;
}

}  // namespace flowkit::app
