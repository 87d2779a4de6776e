// The table at the end of a run: what every method reaches, and what it costs.
#pragma once

#include <flowkit/io/json.hpp>
#include <flowkit/policy/evaluation/result.hpp>

#include <app/context.hpp>

#include <optional>
#include <span>

namespace flowkit::app {

/// Results of the methods that the settings ask for. Throws file_error if one is missing.
[[nodiscard]] std::vector<policy::evaluation_result> read_evaluations(const context& c);

/// One line per method: success with its interval, milliseconds per chunk, evaluations, distance
/// to the expert, seam, acceptance.
[[nodiscard]] std::string table_text(std::span<const policy::evaluation_result> results);
[[nodiscard]] json_value table_document(std::span<const policy::evaluation_result> results);

/// null without a value.
[[nodiscard]] json_value optional_number(const std::optional<double>& value);

}  // namespace flowkit::app
