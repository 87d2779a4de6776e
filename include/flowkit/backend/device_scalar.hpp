// One number in the memory of a backend, read only when somebody wants to see it.
#pragma once

#include <flowkit/backend/tensor.hpp>

#include <span>

namespace flowkit {

/// The result of a reduction. Written by operations in their order; a training step never reads it.
template <class B>
class device_scalar {
 public:
  using value_type = typename B::value_type;

  /// Allocates.
  explicit device_scalar(B& be) : be_(&be), storage_(be, extents<0>{}) {}

  [[nodiscard]] view_of<B, 0> view() { return storage_.view(); }
  [[nodiscard]] const_view_of<B, 0> view() const { return storage_.view(); }

  /// Waits for pending work and returns the value. Synchronises.
  [[nodiscard]] value_type read() const {
    value_type value{};
    be_->download(std::span<value_type>(&value, 1), reshape(storage_.view(), extents<1>{1}));
    return value;
  }

 private:
  B* be_;
  tensor<B, 0> storage_;
};

}  // namespace flowkit
