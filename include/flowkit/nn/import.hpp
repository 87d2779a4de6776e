// Weights of foreign frameworks: names and axis orders translated into a parameter layout.
#pragma once

#include <flowkit/io/safetensors.hpp>
#include <flowkit/nn/parameters.hpp>

#include <optional>

namespace flowkit {

/// Where a parameter comes from. A weight matrix [taps * in, out] is read from a tensor
/// [out, in, taps...], the order of torch.nn.Linear and ConvNd; transposed convolutions fit as
/// well, since theirs is [in, out, taps] and ours [taps * out, in]. A vector is read as it is.
struct import_rule {
  std::string key;            ///< name in the file
  std::string parameter;      ///< full name in the layout
  std::vector<index_t> taps;  ///< kernel sizes of a convolution, outermost first; else empty
};

/// A tensor of the file that is not a parameter here. If a value is given, the file may hold no
/// other: the network computes with that number.
struct import_constant {
  std::string key;
  std::optional<double> value;
};

/// How one network of a file becomes one network of a layout.
struct import_map {
  std::vector<import_rule> rules;
  std::vector<import_constant> constants;  ///< may be missing from the file
  std::string key_prefix;                  ///< the file's other tensors belong to other networks
  std::string parameter_prefix;  ///< the layout's other parameters belong to other networks

  /// Adds a rule; both names are extended by the prefixes, which must be set before.
  void add(std::string_view key, std::string_view parameter, std::vector<index_t> taps = {}) {
    rules.push_back({text(key_prefix, key), text(parameter_prefix, parameter), std::move(taps)});
  }
  /// Adds a constant; the key is extended by the prefix.
  void add_constant(std::string_view key, std::optional<double> value = std::nullopt) {
    constants.push_back({text(key_prefix, key), value});
  }
};

/// Writes the parameters of a map to their places in `values`, a flat tensor of the layout; other
/// places keep what they hold. Gradients that a framework has stored under the names of its
/// parameters are read the same way. T is float or double.
///
/// Throws file_error, with `source` as the path, for a tensor that is missing, has another shape
/// than its parameter, holds a non-finite value or belongs to the network but to no rule;
/// invalid_input for a parameter without a rule and for a rule without a parameter. Allocates.
template <class T>
void import_parameters(std::span<const named_array_view> tensors, const std::string& source,
                       const import_map& map, const parameter_layout& layout,
                       std::type_identity_t<std::span<T>> values);

/// The same from an open file.
template <class T>
void import_parameters(const safetensors_file& file, const import_map& map,
                       const parameter_layout& layout, std::type_identity_t<std::span<T>> values) {
  import_parameters<T>(file.tensors(), file.path(), map, layout, values);
}

extern template void import_parameters<float>(std::span<const named_array_view>, const std::string&,
                                              const import_map&, const parameter_layout&,
                                              std::span<float>);
extern template void import_parameters<double>(std::span<const named_array_view>,
                                               const std::string&, const import_map&,
                                               const parameter_layout&, std::span<double>);

}  // namespace flowkit
