#include "core/report/page.hpp"
#include "core/report/sections.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/report.hpp>

#include <filesystem>
#include <utility>

namespace flowkit::policy {
namespace {

std::string write_page(const std::string& run_directory, const run_record& run) {
  std::string path = (std::filesystem::path(run_directory) / run_files::report).string();
  write_text_file(path, report_html(run));
  return path;
}

}  // namespace

std::string report_html(const run_record& run) {
  const detail::report_view view = detail::view_of(run);
  const std::string title = run.info.title.empty() ? run.name : run.info.title;
  return detail::page(title, detail::headline(view),
                      {{"results", "Results", results_section(view)},
                       {"rollouts", "Rollouts", rollouts_section(view)},
                       {"paired", "Paired comparisons", paired_section(view)},
                       {"modes", "Ways to the goal", modes_section(view)},
                       {"latency", "Latency", latency_section(view)},
                       {"sweeps", "Sweeps", sweeps_section(view)},
                       {"flow", "The flow", flow_section(view)},
                       {"couplings", "Couplings", couplings_section(view)},
                       {"training", "Training", training_section(view)},
                       {"configuration", "Configuration", configuration_section(view)},
                       {"provenance", "Provenance", provenance_section(view)},
                       {"missing", "What is missing", missing_section(view)}});
}

std::string write_report(const std::string& run_directory) {
  return write_page(run_directory, read_run(run_directory));
}

std::string write_report(const std::string& run_directory, run_info info,
                         const std::vector<std::string>& problems) {
  run_record run = read_run(run_directory, std::move(info));
  run.problems.insert(run.problems.begin(), problems.begin(), problems.end());
  return write_page(run_directory, run);
}

}  // namespace flowkit::policy
