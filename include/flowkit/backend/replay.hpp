// A function that is recorded once and launched from then on.
#pragma once

#include <flowkit/backend/recording.hpp>

#include <utility>

namespace flowkit {
namespace detail {

/// Throws backend_error if work met the host between two counts: a replay would leave that out.
void refuse_transfers(const unrecordable_work& before, const unrecordable_work& after);

}  // namespace detail

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
  replay(const replay&) = delete;
  replay& operator=(const replay&) = delete;

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
    const bool settled = std::exchange(state_, progress::unknown) != progress::unknown;
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
