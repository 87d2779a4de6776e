// What a backend does that runs sequences of operations as one launch.
#pragma once

#include <flowkit/backend/concepts.hpp>

#include <concepts>

namespace flowkit {

/// How often a backend did what no recording can hold: memory that comes or goes has no fixed
/// place, and what meets the host must happen now.
struct unrecordable_work {
  index_t allocations = 0;
  index_t releases = 0;
  index_t uploads = 0;
  index_t downloads = 0;
  index_t waits = 0;

  friend constexpr bool operator==(const unrecordable_work&, const unrecordable_work&) = default;
};

/// A backend that can run operations as one launch, as CUDA graphs do.
///   be.record(work, f)    calls f, runs its operations as one launch and keeps them in `work`, in
///                         place of what that held; true if all of f became that launch
///   be.launch(work)       runs them again: the same operations with the same numbers and addresses
///   be.is_recording()     whether an f is being recorded, which record does not nest in
///   be.unrecordable()     counts since the object was made
/// Laws: record(work, f) leaves the bits that f alone leaves, also where f throws, unless it throws
/// an error of its own. Unrecordable
/// work in f ends the recording: what stands before it is launched, the rest runs as it comes,
/// record returns false and `work` is no longer launched. Memory that recorded operations use stays
/// where it is as long as nothing is released.
template <class B>
concept RecordingBackend = Memory<B> && std::default_initializable<typename B::recording> &&
    std::movable<typename B::recording> &&
    requires(B& be, typename B::recording& work, void (&f)()) {
  { be.record(work, f) } -> std::same_as<bool>;
  be.launch(work);
  { be.is_recording() } -> std::same_as<bool>;
  { be.unrecordable() } -> std::same_as<unrecordable_work>;
};

namespace detail {

struct no_recording {};

template <class B>
struct recording_type {
  using type = no_recording;
};
template <RecordingBackend B>
struct recording_type<B> {
  using type = typename B::recording;
};

}  // namespace detail

}  // namespace flowkit
