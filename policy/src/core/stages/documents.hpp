// Documents of settings that several stages write and read.
#pragma once

#include "core/json_fields.hpp"
#include "core/manifest_json.hpp"

#include <flowkit/policy/stages/fit_options.hpp>

namespace flowkit::policy::detail {

[[nodiscard]] json_value json_of(const normalizer_options& o);
[[nodiscard]] json_value json_of(const fit_summary& s);
[[nodiscard]] fit_summary fit_from(const json_value& json);

/// A seed as text, since JSON numbers of other programs are doubles, and back.
[[nodiscard]] std::uint64_t seed_of(const json_fields& f, std::string_view name);

}  // namespace flowkit::policy::detail
