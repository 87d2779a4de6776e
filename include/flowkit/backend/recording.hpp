// Sequences of operations that run as one launch: recorded once and replayed, or anew in each call.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/core/error.hpp>

#include <concepts>
#include <utility>

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
/// Laws: record(work, f) leaves the bits that f alone leaves, also where f throws. Unrecordable
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

/// Throws backend_error if work met the host between two counts: a replay would leave that out.
void refuse_transfers(const unrecordable_work& before, const unrecordable_work& after);

}  // namespace detail

/// Runs a function that is another one in every call, such as a training step whose key and
/// learning rate are numbers of the host, as one launch. Law: `run(f)` leaves what f() leaves, on
/// every backend; those that do not record call f. A call after one that did nothing unrecordable
/// is recorded, and changes the numbers of the recording before; so calls that grow memory or meet
/// the host run operation by operation. Refers to the backend, which must outlive it.
template <class B>
class single_launch {
 public:
  explicit single_launch(B& be) : be_(&be) {}

  template <std::invocable F>
  void operator()(F&& f) {
    if constexpr (RecordingBackend<B>) {
      if (be_->is_recording()) {
        f();
        return;
      }
      const unrecordable_work before = be_->unrecordable();
      if (settled_) {
        settled_ = be_->record(work_, f);
        if (settled_) ++launches_;
      } else {
        f();
        settled_ = be_->unrecordable() == before;
      }
    } else {
      f();
    }
  }

  /// Calls so far that were one launch; none on backends that do not record.
  [[nodiscard]] index_t launches() const { return launches_; }

 private:
  B* be_;
  typename detail::recording_type<B>::type work_{};
  bool settled_ = false;
  index_t launches_ = 0;
};

/// Runs a function that does the same in every call (the same operations on the same memory with
/// the same numbers of the host) without calling it again. Law: `replay(f)` leaves what f() leaves
/// in memory of the backend; what f does on the host happens in some calls only. A call that
/// allocated nothing is followed by one that is recorded, and later ones launch the recording until
/// the backend releases any memory; then f is called and recorded again. Backends that do not
/// record call f. Throws backend_error if f uploads, downloads or waits, which a replay would leave
/// out; the object stays usable. Refers to the backend, which must outlive it.
template <class B>
class replay {
 public:
  explicit replay(B& be) : be_(&be) {}

  template <std::invocable F>
  void operator()(F&& f) {
    if constexpr (RecordingBackend<B>) {
      if (be_->is_recording()) {
        f();
      } else if (state_ == progress::recorded && be_->unrecordable().releases == releases_) {
        be_->launch(work_);
        ++launches_;
      } else {
        call(f);
      }
    } else {
      f();
    }
  }

  /// The next call is the first one again: what f does has changed.
  void forget() { state_ = progress::unknown; }

  /// Calls so far that were one launch; none on backends that do not record.
  [[nodiscard]] index_t launches() const { return launches_; }

 private:
  /// What is known about f.
  enum class progress { unknown, settled, recorded };

  template <class F>
  void call(F& f) {
    const bool settled = std::exchange(state_, progress::unknown) == progress::settled;
    const unrecordable_work before = be_->unrecordable();
    bool recorded = false;
    if (settled) {
      recorded = be_->record(work_, f);
    } else {
      f();
    }
    const unrecordable_work after = be_->unrecordable();
    detail::refuse_transfers(before, after);
    if (recorded) ++launches_;
    releases_ = after.releases;
    if (after == before) state_ = recorded ? progress::recorded : progress::settled;
  }

  B* be_;
  typename detail::recording_type<B>::type work_{};
  progress state_ = progress::unknown;
  index_t releases_ = 0;
  index_t launches_ = 0;
};

}  // namespace flowkit
