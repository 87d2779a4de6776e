// The runtime of one backend; compiled once per backend.
#pragma once

#include "core/runtime/runtime_on.hpp"

#include <flowkit/policy/receding_horizon.hpp>

namespace flowkit::policy::detail {

template <class B>
class runtime_of final : public policy_runtime {
 public:
  runtime_of(B&& be, const std::string& path)
      : be_(std::move(be)), policy_(load_policy(be_, path)) {}
  runtime_of(B&& be, const policy_manifest& m, rng_key key)
      : be_(std::move(be)), policy_(be_, m, key) {}

  [[nodiscard]] const policy_manifest& manifest() const override { return policy_.manifest(); }
  [[nodiscard]] std::string_view backend() const override { return B::name(); }
  [[nodiscard]] std::unique_ptr<controller> control(const controller_options& options) override {
    return std::make_unique<receding_horizon<B>>(be_, policy_, options);
  }
  void save(const std::string& path) override { save_policy(be_, path, policy_); }

 private:
  B be_;
  visuomotor_policy<B> policy_;
};

template <class B>
std::unique_ptr<policy_runtime> runtime_on(B&& be, const std::string& path) {
  return std::make_unique<runtime_of<B>>(std::move(be), path);
}

template <class B>
std::unique_ptr<policy_runtime> runtime_on(B&& be, const policy_manifest& m, rng_key key) {
  return std::make_unique<runtime_of<B>>(std::move(be), m, key);
}

template std::unique_ptr<policy_runtime> runtime_on(runtime_backend&&, const std::string&);
template std::unique_ptr<policy_runtime> runtime_on(runtime_backend&&, const policy_manifest&,
                                                    rng_key);

}  // namespace flowkit::policy::detail
