// A backend that runs every operation on its own: what recordings are compared with.
#pragma once

#include <flowkit/backend/recording.hpp>

#include <type_traits>
#include <utility>

namespace flowkit::testing {

/// The same backend, but no RecordingBackend.
template <class B>
struct unrecorded : B {
  using recording = void;
  explicit unrecorded(B&& be) : B(std::move(be)) {}
};

/// The backend itself where it does not record anyway.
template <class B>
using never_recorded = std::conditional_t<RecordingBackend<B>, unrecorded<B>, B>;

}  // namespace flowkit::testing
