// Classes as conditions of a network.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/core/error.hpp>

#include <vector>

namespace flowkit {

/// A new matrix [labels, classes] of zeros with a one at the label of each row: the condition of a
/// class-conditional network. Throws invalid_input for a label that is no class and for a matrix
/// that cannot exist. Allocates.
template <Backend B>
[[nodiscard]] tensor<B, 2> one_hot(B& be, std::span<const row_t> labels, index_t classes) {
  using T = typename B::value_type;
  FLOWKIT_VALIDATE(
      classes > 0, "one-hot rows of ", classes,
      " classes: there must be one at least; give the number of classes of the network");
  const extents<2> shape{static_cast<index_t>(labels.size()), classes};
  std::vector<T> host(static_cast<std::size_t>(detail::allocatable_size<T>(shape)), T(0));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    FLOWKIT_VALIDATE(labels[i] >= 0 && labels[i] < classes, "label ", labels[i], " of sample ", i,
                     " is none of ", classes,
                     " classes, which are counted from 0: correct the label, or give more classes");
    host[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[i])] = T(1);
  }
  tensor<B, 2> out(be, shape);
  be.upload(flatten(out.view()), std::span<const T>(host));
  be.synchronize();  // the host copy ends here
  return out;
}

}  // namespace flowkit
