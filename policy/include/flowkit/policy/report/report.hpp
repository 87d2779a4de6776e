// The report of a run: one HTML page that needs nothing else.
#pragma once

#include <flowkit/policy/report/run_record.hpp>

#include <string>

namespace flowkit::policy {

/// The page: headline, table of methods, paired comparisons, sweeps, modes, latency, training
/// curves, flow, couplings, rollouts, configuration, provenance, and what is missing. HTML5 in XML
/// syntax with inline SVG and PNG; no scripts, no fonts, no network. Light and dark by the reader's
/// setting; printable. All text of the record is escaped, and a content security policy forbids
/// the page to load or run anything. Equal records give equal pages. *Allocates*.
[[nodiscard]] std::string report_html(const run_record& run);

/// Reads the run and replaces its report.html atomically; returns the path of the page. Throws
/// file_error if the directory cannot be read or the page not be written.
std::string write_report(const std::string& run_directory);

/// The same with a description that is known already, whatever run.json says, and problems that are
/// shown with those that reading finds.
std::string write_report(const std::string& run_directory, run_info info,
                         const std::vector<std::string>& problems);

}  // namespace flowkit::policy
