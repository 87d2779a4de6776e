// Tensors of files that may hold anything, looked at in place.
#pragma once

#include <flowkit/io/safetensors.hpp>

namespace flowkit::policy::detail {

/// The values of a tensor of that shape and type, in place. Throws file_error that names the tensor
/// if the file has another one. -1 in `shape` stands for any size.
template <class T>
[[nodiscard]] std::span<const T> values_of(const safetensors_file& file, std::string_view name,
                                           const array_shape& shape) {
  const array_view& found = file.tensor(name);
  bool fits = found.shape().size() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    fits = shape[i] < 0 || found.shape()[i] == shape[i];
  }
  if (!fits) {
    throw file_error(file.path(),
                     text("has tensor '", name, "' of shape ", flowkit::to_text(found.shape()),
                          ", not ", flowkit::to_text(shape), " (-1: any); it is damaged"));
  }
  try {
    return found.template values<T>();
  } catch (const invalid_input& problem) {
    throw file_error(file.path(),
                     text("has a tensor '", name, "' that cannot be used: ", problem.what()));
  }
}

/// Runs `read` and turns what it says about the contents into a file_error.
template <class F>
auto reading(const std::string& path, F&& read) {
  try {
    return read();
  } catch (const invalid_input& problem) {
    throw file_error(path, problem.what());
  }
}

}  // namespace flowkit::policy::detail
