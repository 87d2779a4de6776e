// A function that runs as one launch, recorded anew in each call.
#pragma once

#include <flowkit/backend/recording.hpp>

#include <utility>

namespace flowkit {

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
      // Where recording fails the next call is plain again.
      if (std::exchange(settled_, false)) {
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

}  // namespace flowkit
