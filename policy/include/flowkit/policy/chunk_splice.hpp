// Actions one by one from chunks that arrive when they are ready, possibly late.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/policy/units.hpp>

#include <span>
#include <vector>

namespace flowkit::policy {

/// What `next` found.
enum class splice_source {
  chunk,    ///< an action of the current chunk
  held,     ///< the chunk is used up: the last action again
  nothing,  ///< no chunk has arrived since the start
};

/// A queue of actions that new chunks replace by consumed index. A prediction is made from the
/// observation at some count of consumed actions; when it arrives k consumed actions later, its
/// first k actions belong to moments that have passed, and it continues at action k. k is counted,
/// never estimated: a robot that has not moved skips nothing (no jump at a cold start), and one
/// that waited longer than planned skips what it has done. When a chunk runs out, its last action
/// is held. Not safe to call from several threads at once. Never allocates after construction.
class chunk_splice {
 public:
  /// For chunks of up to `capacity` actions of `dimensions` numbers. Allocates.
  chunk_splice(index_t capacity, index_t dimensions);

  /// Actions handed out by `next` from chunks since the start; remember it when an observation is
  /// taken. Held actions do not count: time of the robot passes, time of the plan does not.
  [[nodiscard]] index_t consumed() const { return consumed_; }
  /// Actions left in the current chunk.
  [[nodiscard]] index_t left() const { return length_ - at_; }

  /// Continues with `actions` [k, dimensions], whose first belongs to the moment of the observation
  /// taken at `observed_at`. Returns false and keeps the old chunk if all of it has passed. Throws
  /// invalid_input for another shape, or a moment that lies in the future.
  bool insert(const chunks<physical, const float>& actions, index_t observed_at);

  /// Writes the next action. `out` has `dimensions` numbers; untouched if there is nothing.
  splice_source next(std::span<float> out);

  /// Forgets everything: the start of an episode.
  void reset();

 private:
  index_t capacity_;
  index_t dimensions_;
  std::vector<float> actions_;
  index_t length_ = 0;
  index_t at_ = 0;
  index_t consumed_ = 0;
};

}  // namespace flowkit::policy
