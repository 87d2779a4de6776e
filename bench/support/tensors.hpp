// Tensors of benchmarks in the memory of any backend: made of noise or of numbers of the host, and
// read back.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/backends/eigen.hpp>
#include <flowkit/core/rng.hpp>

#include <span>
#include <vector>

namespace flowkit::bench {

/// The numbers of dense data. Synchronises.
template <class B, class V>
auto to_host(B& be, const V& x) {
  using U = std::remove_const_t<typename V::value_type>;
  std::vector<U> out(static_cast<std::size_t>(x.size()));
  be.download(std::span<U>(out), flatten(x));
  return out;
}

/// A tensor of these numbers, one for each element.
template <class B, std::size_t R, class U>
tensor<B, R, U> from_host(B& be, const extents<R>& shape, const std::vector<U>& values) {
  tensor<B, R, U> out(be, shape);
  be.upload(flatten(out.view()), std::span<const U>(values));
  return out;
}

/// A tensor of standard normal numbers, the same on every backend to the last bit of float.
template <class B, std::size_t R>
tensor<B, R> normal(B& be, const extents<R>& shape, const rng_key& key) {
  using T = typename B::value_type;
  eigen<float> host;
  tensor<eigen<float>, R> drawn(host, shape);
  host.normal(drawn.view(), key);
  const float* const values = drawn.view().data();
  return from_host(be, shape, std::vector<T>(values, values + drawn.size()));
}

/// Sum of products of the elements of two tensors. Synchronises.
template <class B, std::size_t R>
double inner(B& be, const tensor<B, R>& a, const tensor<B, R>& b) {
  tensor<B, 0> out(be, extents<0>{});
  be.sum(fn::multiply{}, out.view(), a.view(), b.view());
  return static_cast<double>(to_host(be, out.view())[0]);
}

}  // namespace flowkit::bench
