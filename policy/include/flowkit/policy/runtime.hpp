// A policy on a backend that is chosen by name at run time: all that an application needs to act.
// Compiled once in the library, so who includes this compiles no network.
#pragma once

#include <flowkit/backend/precision.hpp>
#include <flowkit/core/rng.hpp>
#include <flowkit/policy/controller.hpp>

#include <memory>
#include <string>

namespace flowkit::policy {

/// Where a policy is computed.
struct runtime_options {
  std::string backend = "auto";  ///< see built_backends()
  int threads = 0;               ///< of host backends; 0: `default_thread_count()`
  flowkit::precision precision = flowkit::precision::f32;  ///< of matrix products
};

/// A policy in the memory of a backend object of its own.
class policy_runtime {
 public:
  policy_runtime(const policy_runtime&) = delete;
  policy_runtime& operator=(const policy_runtime&) = delete;
  virtual ~policy_runtime() = default;

  [[nodiscard]] virtual const policy_manifest& manifest() const = 0;
  /// Name of the backend that computes.
  [[nodiscard]] virtual std::string_view backend() const = 0;

  /// A controller of this policy. It must not outlive the runtime; controllers of one runtime share
  /// its threads, so only one of them may be in a call at a time. Throws invalid_input for options
  /// that cannot be used. Allocates.
  [[nodiscard]] virtual std::unique_ptr<controller> control(
      const controller_options& options = {}) = 0;

  /// Replaces `path` atomically by this policy. Throws file_error. Synchronises.
  virtual void save(const std::string& path) = 0;

 protected:
  policy_runtime() = default;
};

/// The policy in a file. Throws file_error that names file and field, invalid_input for an unknown
/// backend, not_built_error for one that this build lacks, backend_error for a precision that the
/// backend lacks. Allocates.
[[nodiscard]] std::unique_ptr<policy_runtime> open_policy(const std::string& path,
                                                          const runtime_options& options = {});

/// A policy that has learnt nothing: weights drawn from the key. Throws as `open_policy`, and
/// invalid_input for a manifest that cannot be used. Allocates.
[[nodiscard]] std::unique_ptr<policy_runtime> untrained_policy(const policy_manifest& manifest,
                                                               rng_key key,
                                                               const runtime_options& options = {});

}  // namespace flowkit::policy
