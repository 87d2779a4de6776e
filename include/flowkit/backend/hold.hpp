// A promise to a backend that parameters stay as they are.
#pragma once

#include <flowkit/backend/concepts.hpp>

#include <concepts>
#include <utility>

namespace flowkit {

/// A backend that takes a promise that numbers in its memory do not change.
///   be.hold(values)   a movable guard
/// While it lives, products and convolutions whose weights lie within the values may keep what they
/// make of them (weights rounded, or in the order in which a kernel reads them) from their first
/// use on. Laws: results have the bits that they have without the guard. Values that change all the
/// same leave results of old values, new ones or both, an error of the caller. Copies take memory,
/// up to the size of the weights for each kernel that reads them, and are freed at the end of the
/// guard, which the values must outlive. Several guards may live at a time; of values that two of
/// them cover, copies stay until the second one ends.
template <class B>
concept HoldingBackend = Memory<B> && requires(B& be, const_view_of<B, 1> values) {
  { be.hold(values) } -> std::movable;
};

namespace detail {

/// Guards nothing. Objects of it need no use, like those that guard by living.
struct [[maybe_unused]] nothing_held {
  nothing_held() = default;
  nothing_held(nothing_held&&) = default;
  nothing_held& operator=(nothing_held&&) = default;
};

}  // namespace detail

/// Holds values (dense) for as long as the result lives, see HoldingBackend; does nothing on other
/// backends. Does not allocate copies, operations do.
template <Memory B>
[[nodiscard]] auto hold(B& be, const_view_of<B, 1> values) {
  if constexpr (HoldingBackend<B>) {
    return be.hold(values);
  } else {
    static_cast<void>(be);
    static_cast<void>(values);
    return detail::nothing_held();
  }
}

/// What `hold` returns, for members.
template <Memory B>
using held_by = decltype(hold(std::declval<B&>(), std::declval<const_view_of<B, 1>>()));

}  // namespace flowkit
