// Owning memory of a backend, and the tensor built from it.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/view.hpp>

#include <utility>

namespace flowkit {

/// Owns `size` elements in memory space S; move-only, freed on destruction through the function the
/// backend supplied, so that this header knows no device.
template <class T, Space S>
class buffer {
 public:
  using deleter = void (*)(void* data, void* context) noexcept;

  buffer() = default;
  buffer(T* data, index_t size, deleter free, void* context) noexcept
      : data_(data), size_(size), free_(free), context_(context) {}
  buffer(buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        free_(other.free_),
        context_(other.context_) {}
  buffer& operator=(buffer&& other) noexcept {
    buffer moved(std::move(other));
    swap(moved);
    return *this;
  }
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;
  ~buffer() {
    if (data_ != nullptr) free_(data_, context_);
  }

  [[nodiscard]] T* data() const noexcept { return data_; }
  [[nodiscard]] index_t size() const noexcept { return size_; }

 private:
  void swap(buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(free_, other.free_);
    std::swap(context_, other.context_);
  }

  T* data_ = nullptr;
  index_t size_ = 0;
  deleter free_ = nullptr;
  void* context_ = nullptr;
};

/// A mutable view in the memory of backend B. U is the element type, by default B's scalar.
template <class B, std::size_t R, class U = typename B::value_type>
using view_of = view<U, R, typename B::space>;

/// The same, read only.
template <class B, std::size_t R, class U = typename B::value_type>
using const_view_of = view<const U, R, typename B::space>;

namespace detail {

/// Elements of a shape that memory of `U` is wanted for. Throws invalid_input if there is no such
/// number of bytes: a product that wrapped around would be memory of another size than its view.
/// Not even axes beside an empty one may be that long, because strides are products, too.
template <class U, std::size_t R>
index_t allocatable_size(const extents<R>& shape) {
  constexpr double limit = 4e18;  // bytes; below 2^62, so that rounding up does not matter
  double bytes = sizeof(U);
  bool possible = true;
  for (std::size_t axis = 0; axis < R; ++axis) {
    possible = possible && shape[axis] >= 0;
    if (shape[axis] > 1) bytes *= static_cast<double>(shape[axis]);
  }
  FLOWKIT_VALIDATE(possible && bytes < limit, "an array of shape ", shape, " with ", sizeof(U),
                   " bytes per element cannot exist: ",
                   possible ? "its size exceeds what can be addressed" : "an extent is negative",
                   "; look at the sizes that it was computed from");
  return size_of(shape);
}

/// Throws invalid_input unless the elements lie one after the other, for what reads them as if they
/// did. `what` names the view in the message.
template <class T, std::size_t R, Space S>
void validate_dense(const char* what, const view<T, R, S>& v) {
  FLOWKIT_VALIDATE(v.dense(), what, " of shape ", v.shape(), " has strides ", v.strides(),
                   ": its elements must lie one after the other; copy it into a tensor first");
}

/// Throws invalid_input unless a view can take `count` host numbers, or give that many: a copy of
/// another size would read or write beyond one of them.
template <class T, Space S>
void validate_transfer(const char* operation, const view<T, 1, S>& device, std::size_t count) {
  FLOWKIT_VALIDATE(device.dense() && device.size() == static_cast<index_t>(count), operation,
                   " between a view of ", device.size(), " elements with stride ",
                   device.strides()[0], " and ", count,
                   " host numbers: the view must be dense and as long; use flatten() for a tensor, "
                   "and rows() for a part of one");
}

}  // namespace detail

/// Owning array of backend B: a buffer and its shape. Must not outlive the backend object.
template <class B, std::size_t R, class U = typename B::value_type>
class tensor {
 public:
  using value_type = U;
  using space = typename B::space;
  static constexpr std::size_t rank = R;

  tensor() = default;
  /// The contents are unspecified. Throws invalid_input for a shape that cannot exist. Allocates.
  tensor(B& be, const extents<R>& shape)
      : storage_(be.template allocate<U>(detail::allocatable_size<U>(shape))), shape_(shape) {}

  [[nodiscard]] const extents<R>& shape() const { return shape_; }
  [[nodiscard]] index_t size() const { return storage_.size(); }
  [[nodiscard]] view_of<B, R, U> view() { return {storage_.data(), shape_}; }
  [[nodiscard]] const_view_of<B, R, U> view() const { return {storage_.data(), shape_}; }

 private:
  buffer<U, typename B::space> storage_;
  extents<R> shape_{};
};

}  // namespace flowkit
