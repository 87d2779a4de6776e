// Where a run comes from, and where it is not what its settings say: for the report.
#pragma once

#include <flowkit/policy/report/run_info.hpp>

#include <app/context.hpp>

namespace flowkit::app {

/// Build, machine, backend, and of every policy its hash, what trained it and with which seed. What
/// cannot be read is added to `problems`.
[[nodiscard]] std::vector<policy::named_text> provenance_of(const context& c,
                                                            std::vector<std::string>& problems);

/// Stages whose records say that they were made with other settings, and with which ones. What
/// cannot be read is added to `problems`.
[[nodiscard]] std::vector<policy::named_text> differences_of(const context& c,
                                                             std::vector<std::string>& problems);

/// A preset with what became of it: "quick, changed" if settings of learning are not its own.
[[nodiscard]] std::string preset_of(const context& c, const std::string& preset);

}  // namespace flowkit::app
