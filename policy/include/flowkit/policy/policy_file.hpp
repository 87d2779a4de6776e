// Policies as files: one safetensors file with both weight sets, statistics and the manifest.
#pragma once

#include <flowkit/io/safetensors.hpp>
#include <flowkit/nn/parameters.hpp>
#include <flowkit/policy/manifest.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace flowkit::policy {

/// A policy file that is open for reading: manifest, statistics and the shapes of all weights are
/// checked; the values of weights are read when they are asked for. Tensors are "raw/<parameter>",
/// "average/<parameter>" and "statistics/<action|state>/<minimum|maximum|mean|deviation>"; the
/// metadata entry "policy" is the manifest as JSON.
///
/// The file is not trusted: sizes are bounded before anything is built from them, and weights must
/// be present in the right shapes before anyone reserves memory for them.
class policy_file {
 public:
  /// Throws file_error that names file and field.
  explicit policy_file(const std::string& path);
  /// The same for bytes in memory, which must live as long as this object. `source` stands for the
  /// path in messages.
  policy_file(byte_view bytes, std::string source);

  [[nodiscard]] const policy_manifest& manifest() const { return manifest_; }
  [[nodiscard]] const std::string& path() const { return source_; }

  /// Reads all numbers; throws file_error if they are not those that were written.
  void verify() const;

  /// Copies a weight set into a flat tensor of `layout`, which is that of the field this manifest
  /// describes; the gaps between parameters become zero. Converts precision. Throws file_error for
  /// weights that are not finite, naming the tensor.
  template <class T>
  void read_weights(weight_set set, const parameter_layout& layout, std::span<T> flat) const;

 private:
  std::optional<mapped_file> file_;  // none for bytes of somebody else
  std::string source_;
  safetensors_contents contents_;
  policy_manifest manifest_;
};

/// Replaces `path` atomically by a policy file. Both weight sets are flat tensors of `layout`.
/// Reading it gives equal bits. Throws file_error if writing fails, invalid_input for a manifest
/// that reading would refuse.
template <class T>
void write_policy_file(const std::string& path, const policy_manifest& manifest,
                       const parameter_layout& layout, std::span<const T> raw,
                       std::span<const T> average);

}  // namespace flowkit::policy
