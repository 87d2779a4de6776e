#include "core/runtime/runtime_on.hpp"

#include <flowkit/backends/select.hpp>

namespace flowkit::policy {
namespace {

/// Calls make(backend object) with an object that may be moved from.
template <class F>
std::unique_ptr<policy_runtime> on_backend(const runtime_options& o, const F& make) {
  return with_backend(o.backend, [&](auto& be) { return make(std::move(be)); },
                      {.threads = o.threads, .precision = o.precision});
}

}  // namespace

std::unique_ptr<policy_runtime> open_policy(const std::string& path, const runtime_options& o) {
  return on_backend(o,
                    [&]<class B>(B&& be) { return detail::runtime_on(std::forward<B>(be), path); });
}

std::unique_ptr<policy_runtime> untrained_policy(const policy_manifest& m, rng_key key,
                                                 const runtime_options& o) {
  return on_backend(
      o, [&]<class B>(B&& be) { return detail::runtime_on(std::forward<B>(be), m, key); });
}

}  // namespace flowkit::policy
