// Where a run comes from, and where it is not what its settings say: for the report.
#pragma once

#include <flowkit/policy/report/run_info.hpp>

#include <app/context.hpp>

namespace flowkit::app {

/// Build, machine, backend, seed, and the hashes of the policies.
[[nodiscard]] std::vector<policy::named_text> provenance_of(const context& c);

/// Stages whose records say that they were made with other settings, and with which ones.
[[nodiscard]] std::vector<policy::named_text> differences_of(const context& c);

}  // namespace flowkit::app
