// Makes runtimes of a backend object; defined in one source per backend.
#pragma once

#include <flowkit/policy/runtime.hpp>

namespace flowkit::policy::detail {

template <class B>
std::unique_ptr<policy_runtime> runtime_on(B&& be, const std::string& path);
template <class B>
std::unique_ptr<policy_runtime> runtime_on(B&& be, const policy_manifest& m, rng_key key);

}  // namespace flowkit::policy::detail
