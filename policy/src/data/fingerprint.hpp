// A name for the contents of a data set.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>

namespace flowkit::policy::detail {

/// See demonstrations::fingerprint. Reads everything.
[[nodiscard]] std::string fingerprint_of(const demonstrations& data);

}  // namespace flowkit::policy::detail
