// A policy on a backend: manifest, networks and both sets of their weights.
#pragma once

#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/visuomotor_field.hpp>

#include <memory>
#include <utility>

namespace flowkit::policy {

/// A visuomotor policy in the memory of backend B: what training produces and a robot runs. Its
/// weights do not change; training works on a parameter_store of `field().layout()` and makes a
/// policy of the result. Move-only; must not outlive the backend.
template <NeuralBackend B>
class visuomotor_policy {
 public:
  using value_type = typename B::value_type;

  /// A policy with these weights, flat tensors of the layout of
  /// visuomotor_field(m.specification, m.network), which are copied. Throws invalid_input for a
  /// manifest that cannot be used or weights of another size. Allocates.
  visuomotor_policy(B& be, policy_manifest m, const_view_of<B, 1> raw, const_view_of<B, 1> average)
      : visuomotor_policy(be, std::move(m)) {
    FLOWKIT_VALIDATE(raw.size() == raw_.size() && average.size() == raw_.size(), "weights of ",
                     raw.size(), " and ", average.size(), " numbers were given for networks of ",
                     raw_.size(), ": spec and network options must be those of training");
    be.copy(raw_.view(), raw);
    be.copy(average_.view(), average);
  }

  /// A policy that has learnt nothing: weights drawn from the key, the average equal to them.
  visuomotor_policy(B& be, policy_manifest m, rng_key key) : visuomotor_policy(be, std::move(m)) {
    parameter_store<B> fresh(be, field_->layout(), key);
    be.copy(raw_.view(), const_view_of<B, 1>(fresh.values()));
    be.copy(average_.view(), const_view_of<B, 1>(fresh.values()));
    be.synchronize();
  }

  [[nodiscard]] const policy_manifest& manifest() const { return manifest_; }
  [[nodiscard]] const spec& specification() const { return manifest_.specification; }
  /// The networks; they stay where they are when the policy is moved.
  [[nodiscard]] const visuomotor_field& field() const { return *field_; }
  /// A weight set as a flat tensor of `field().layout()`.
  [[nodiscard]] const_view_of<B, 1> values(weight_set set) const {
    return set == weight_set::average ? average_.view() : raw_.view();
  }
  /// What the layers of `field()` read to act with these weights. Nothing is trained through it.
  [[nodiscard]] parameters<B> weights(weight_set set) const {
    return {values(set), {}, constants_.view()};
  }

 private:
  template <NeuralBackend Q>
  friend visuomotor_policy<Q> load_policy(Q& be, const policy_file& file);

  /// Room for the weights, and the constants.
  visuomotor_policy(B& be, policy_manifest m)
      : manifest_(validated(std::move(m))),
        field_(std::make_unique<visuomotor_field>(manifest_.specification, manifest_.network)),
        raw_(be, extents<1>{field_->layout().size()}),
        average_(be, raw_.shape()),
        constants_(be, extents<1>{static_cast<index_t>(field_->layout().constants().size())}) {
    const std::vector<double>& all = field_->layout().constants();
    const std::vector<value_type> rounded(all.begin(), all.end());
    be.upload(constants_.view(), std::span<const value_type>(rounded));
    be.synchronize();
  }

  static policy_manifest validated(policy_manifest m) {
    validate(m);
    return m;
  }

  policy_manifest manifest_;
  std::unique_ptr<const visuomotor_field> field_;
  tensor<B, 1> raw_;
  tensor<B, 1> average_;
  tensor<B, 1> constants_;
};

/// Replaces `path` atomically by this policy. Throws file_error. Allocates. Synchronises.
template <NeuralBackend B>
void save_policy(B& be, const std::string& path, const visuomotor_policy<B>& p) {
  using T = typename B::value_type;
  const auto host = [&](weight_set set) {
    std::vector<T> out(static_cast<std::size_t>(p.values(set).size()));
    be.download(std::span<T>(out), p.values(set));
    return out;
  };
  const std::vector<T> raw = host(weight_set::raw);
  const std::vector<T> average = host(weight_set::average);
  write_policy_file<T>(path, p.manifest(), p.field().layout(), raw, average);
}

/// The policy of an open file, in the precision of the backend. Allocates. Synchronises.
template <NeuralBackend B>
[[nodiscard]] visuomotor_policy<B> load_policy(B& be, const policy_file& file) {
  using T = typename B::value_type;
  file.verify();
  visuomotor_policy<B> p(be, file.manifest());
  const parameter_layout& layout = p.field().layout();
  std::vector<T> flat(static_cast<std::size_t>(layout.size()));
  for (const weight_set set : {weight_set::raw, weight_set::average}) {
    file.read_weights<T>(set, layout, flat);
    be.upload(set == weight_set::raw ? p.raw_.view() : p.average_.view(), std::span<const T>(flat));
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
