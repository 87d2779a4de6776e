// Host numbers to tensors and back, for tests of fields, paths and solvers.
#pragma once

#include <flowkit/backends/eigen.hpp>

#include <vector>

namespace flowkit::testing {

/// A matrix [n, values.size() / n].
template <class B, class T>
tensor<B, 2> matrix(B& be, index_t n, const std::vector<T>& values) {
  using S = typename B::value_type;
  const auto size = static_cast<index_t>(values.size());
  tensor<B, 2> out(be, extents{n, n == 0 ? index_t{2} : size / n});
  const std::vector<S> converted(values.begin(), values.end());
  be.upload(flatten(out.view()), std::span<const S>(converted));
  return out;
}

template <class B, class T>
tensor<B, 1> vector(B& be, const std::vector<T>& values) {
  using S = typename B::value_type;
  tensor<B, 1> out(be, extents<1>{static_cast<index_t>(values.size())});
  const std::vector<S> converted(values.begin(), values.end());
  be.upload(out.view(), std::span<const S>(converted));
  return out;
}

/// The elements of a dense view in double.
template <class T, std::size_t R>
std::vector<double> host(const view<T, R, host_space>& v) {
  return {v.data(), v.data() + v.size()};
}
template <class B, std::size_t R>
std::vector<double> host(const tensor<B, R>& t) {
  return host(t.view());
}

}  // namespace flowkit::testing
