// Documents of settings that several stages write and read.
#pragma once

#include "core/json_fields.hpp"
#include "core/manifest_json.hpp"

#include <flowkit/policy/stages/fit_options.hpp>

namespace flowkit::policy::detail {

[[nodiscard]] json_value json_of(const normalizer_options& o);
[[nodiscard]] json_value json_of(const fit_summary& s);
[[nodiscard]] fit_summary fit_from(const json_value& json);

}  // namespace flowkit::policy::detail
