// Columns of matrices as plots take them.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/core/error.hpp>

#include <span>
#include <vector>

namespace flowkit {

/// Column `index` of a dense matrix as doubles on the host. Throws invalid_input if the matrix has
/// no such column. Allocates. Synchronises.
template <class B, class T>
[[nodiscard]] std::vector<double> host_column(B& be, view<T, 2, typename B::space> x,
                                              index_t index) {
  using U = std::remove_const_t<T>;
  const index_t width = x.shape()[1];
  FLOWKIT_VALIDATE(index >= 0 && index < width, "a matrix of shape ", x.shape(), " has no column ",
                   index, ": columns are counted from 0");
  std::vector<U> all(static_cast<std::size_t>(x.size()));
  be.download(std::span<U>(all), const_view_of<B, 1, U>(flatten(x)));
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(x.shape()[0]));
  for (index_t i = index; i < x.size(); i += width) {
    out.push_back(static_cast<double>(all[static_cast<std::size_t>(i)]));
  }
  return out;
}

template <class B, class U>
[[nodiscard]] std::vector<double> host_column(B& be, const tensor<B, 2, U>& x, index_t index) {
  return host_column(be, x.view(), index);
}

}  // namespace flowkit
