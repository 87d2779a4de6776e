// Units as types: numbers of a robot and numbers of a network cannot be assigned to each other.
#pragma once

#include <flowkit/core/view.hpp>

namespace flowkit::policy {

/// Units of the robot: metres, radians, whatever the demonstrations hold.
struct physical {};
/// Units of the network, about [-1, 1]. Only a normalizer leads from one to the other.
struct normalized {};

/// What numbers describe: an action, or the proprioceptive state.
struct action_kind {};
struct state_kind {};

/// A dense matrix [n, k * D] of numbers of a kind and a unit: k successive actions or states of D
/// dimensions per row. Refers to data like a view and is as cheap to copy. Kind, unit, scalar and
/// memory space are parts of the type; the only way around them is `numbers()`.
template <class Kind, class Unit, class T, Space S = host_space>
class quantity {
 public:
  using view_type = view<T, 2, S>;

  constexpr quantity() = default;
  /// States that these numbers are of this kind and unit.
  constexpr explicit quantity(const view_type& numbers) : numbers_(numbers) {}
  /// Read-only access to the same numbers.
  template <class U>
    requires(std::is_const_v<T>&& std::same_as<U, std::remove_const_t<T>>)
  constexpr quantity(
      const quantity<Kind, Unit, U, S>& other)  // NOLINT(google-explicit-constructor)
      : numbers_(other.numbers()) {}

  /// The bare numbers.
  [[nodiscard]] constexpr const view_type& numbers() const { return numbers_; }
  [[nodiscard]] constexpr index_t rows() const { return numbers_.shape()[0]; }

 private:
  view_type numbers_;
};

/// Action chunks [n, horizon * D] in a unit, for example chunks<physical, const float>.
template <class Unit, class T, Space S = host_space>
using chunks = quantity<action_kind, Unit, T, S>;

/// Observed states [n, observe * D] in a unit.
template <class Unit, class T, Space S = host_space>
using states = quantity<state_kind, Unit, T, S>;

}  // namespace flowkit::policy
