// The manifest as the JSON document of a policy file; statistics are tensors beside it.
#pragma once

#include "core/json_fields.hpp"

#include <flowkit/policy/manifest.hpp>

namespace flowkit::policy::detail {

/// The statistics of actions and states, without the counts that the document holds.
struct manifest_statistics {
  column_statistics action;
  column_statistics state;
};

[[nodiscard]] json_value json_of(const inference_options& o);
/// Throws invalid_input that names the field.
[[nodiscard]] inference_options inference_from(const json_fields& f);

/// The whole document but the columns of the statistics.
[[nodiscard]] json_value json_of(const policy_manifest& m);

/// The manifest of a document and its statistics. Throws invalid_input that names the field.
[[nodiscard]] policy_manifest manifest_from_json(const json_value& json,
                                                 manifest_statistics statistics);

}  // namespace flowkit::policy::detail
