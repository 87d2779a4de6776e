// The way between tensors of a backend and xtensor: the only header that names xtensor.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/core/error.hpp>

#include <span>

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xtensor.hpp>
#endif

namespace flowkit {

/// A host array of rank R with its own memory.
template <class T, std::size_t R>
using host_array = xt::xtensor<T, R>;

namespace detail {
template <std::size_t R, class Shape>
extents<R> extents_of(const Shape& shape) {
  extents<R> out{};
  for (std::size_t axis = 0; axis < R; ++axis) out[axis] = static_cast<index_t>(shape[axis]);
  return out;
}
}  // namespace detail

/// Copies a dense view to the host. Allocates, synchronises.
template <class B, std::size_t R, class T>
[[nodiscard]] host_array<std::remove_const_t<T>, R> to_host(B& be,
                                                            view<T, R, typename B::space> v) {
  using U = std::remove_const_t<T>;
  std::array<std::size_t, R> shape{};
  for (std::size_t axis = 0; axis < R; ++axis) {
    shape[axis] = static_cast<std::size_t>(v.shape()[axis]);
  }
  host_array<U, R> out(shape);
  be.download(std::span<U>(out.data(), out.size()), const_view_of<B, 1, U>(flatten(v)));
  return out;
}

template <class B, std::size_t R, class U>
[[nodiscard]] host_array<U, R> to_host(B& be, const tensor<B, R, U>& t) {
  return to_host(be, t.view());
}

/// Copies a host array to a new tensor of the backend. Evaluates an expression first: `x` must be a
/// named array, because an expression would keep references to temporaries. Allocates.
template <class B, class U, std::size_t R>
[[nodiscard]] tensor<B, R, U> to_backend(B& be, const host_array<U, R>& x) {
  tensor<B, R, U> out(be, detail::extents_of<R>(x.shape()));
  be.upload(flatten(out.view()), std::span<const U>(x.data(), x.size()));
  return out;
}

/// Copies a host array into an existing dense view. Throws invalid_input if the shapes differ.
template <class B, class U, std::size_t R>
void upload(B& be, view<U, R, typename B::space> to, const host_array<U, R>& x) {
  const extents<R> shape = detail::extents_of<R>(x.shape());
  FLOWKIT_VALIDATE(shape == to.shape(), "a host array of shape ", shape,
                   " cannot fill a tensor of shape ", to.shape(),
                   ": upload copies element by element; reshape or slice the array first");
  be.upload(flatten(to), std::span<const U>(x.data(), x.size()));
}

/// A host view as an xtensor expression over the same memory; nothing is copied.
template <class T, std::size_t R>
[[nodiscard]] auto adapt(view<T, R, host_space> v) {
  FLOWKIT_EXPECT(v.dense());
  std::array<std::size_t, R> shape{};
  for (std::size_t axis = 0; axis < R; ++axis) {
    shape[axis] = static_cast<std::size_t>(v.shape()[axis]);
  }
  return xt::adapt(v.data(), static_cast<std::size_t>(v.size()), xt::no_ownership(), shape);
}

}  // namespace flowkit
