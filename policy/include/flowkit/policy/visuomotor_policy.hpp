// A policy on a backend: manifest, networks and both sets of their weights.
#pragma once

#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/visuomotor_field.hpp>

#include <memory>
#include <utility>

namespace flowkit::policy {

/// A visuomotor policy in the memory of backend B. Move-only; must not outlive the backend.
template <NeuralBackend B>
class visuomotor_policy {
 public:
  using value_type = typename B::value_type;

  /// A policy with freshly drawn weights, for training; the average equals the raw weights. Throws
  /// invalid_input for a manifest that cannot be used. Allocates.
  visuomotor_policy(B& be, policy_manifest manifest, rng_key key)
      : manifest_(validated(std::move(manifest))),
        field_(std::make_unique<visuomotor_field>(manifest_.specification, manifest_.network)),
        store_(be, field_->layout(), key),
        average_(be, extents<1>{field_->layout().size()}) {
    be.copy(average_.view(), const_view_of<B, 1>(store_.values()));
  }

  [[nodiscard]] const policy_manifest& manifest() const { return manifest_; }
  /// Method, inference and provenance may be changed at any time; what shapes the networks must
  /// stay as it is.
  void set_method(std::string method) { manifest_.method = std::move(method); }
  void set_inference(const inference_options& o) {
    validate(o);
    manifest_.inference = o;
  }
  [[nodiscard]] provenance& origin() { return manifest_.origin; }

  /// The networks; stays where it is when the policy is moved.
  [[nodiscard]] const visuomotor_field& field() const { return *field_; }
  /// Raw weights with gradients and constants, for train_step.
  [[nodiscard]] parameter_store<B>& store() { return store_; }
  /// Raw and averaged weights as flat tensors of `field().layout()`.
  [[nodiscard]] view_of<B, 1> raw() { return store_.values(); }
  [[nodiscard]] view_of<B, 1> average() { return average_.view(); }

  /// What layers read to act with these weights. Nothing can be trained through it.
  [[nodiscard]] parameters<B> weights(weight_set set) const {
    return set == weight_set::average ? store_.view_with(average_.view())
                                      : store_.view_with(std::as_const(store_).values());
  }

 private:
  static policy_manifest validated(policy_manifest m) {
    validate(m);
    return m;
  }

  policy_manifest manifest_;
  std::unique_ptr<const visuomotor_field> field_;
  parameter_store<B> store_;
  tensor<B, 1> average_;
};

/// Replaces `path` atomically by this policy. Throws file_error. Allocates. Synchronises.
template <NeuralBackend B>
void save_policy(B& be, const std::string& path, visuomotor_policy<B>& p) {
  using T = typename B::value_type;
  const auto host = [&](view_of<B, 1> values) {
    std::vector<T> out(static_cast<std::size_t>(values.size()));
    be.download(std::span<T>(out), const_view_of<B, 1>(values));
    return out;
  };
  const std::vector<T> raw = host(p.raw());
  const std::vector<T> average = host(p.average());
  write_policy_file<T>(path, p.manifest(), p.field().layout(), raw, average);
}

/// The policy of an open file. Throws file_error that names file and field. Allocates.
/// Synchronises.
template <NeuralBackend B>
[[nodiscard]] visuomotor_policy<B> load_policy(B& be, const policy_file& file) {
  using T = typename B::value_type;
  const visuomotor_field checked(file.manifest().specification, file.manifest().network);
  file.check_weights(checked.layout());
  visuomotor_policy<B> p(be, file.manifest(), rng_key{});
  std::vector<T> flat(static_cast<std::size_t>(checked.layout().size()));
  for (const weight_set set : {weight_set::raw, weight_set::average}) {
    file.read_weights<T>(set, checked.layout(), flat);
    be.upload(set == weight_set::raw ? p.raw() : p.average(), std::span<const T>(flat));
    be.synchronize();  // the host copy is used again
  }
  return p;
}

/// The policy in a file. Throws file_error that names file and field. Allocates. Synchronises.
template <NeuralBackend B>
[[nodiscard]] visuomotor_policy<B> load_policy(B& be, const std::string& path) {
  return load_policy(be, policy_file(path));
}

}  // namespace flowkit::policy
