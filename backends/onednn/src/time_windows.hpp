// Convolutions over time as matrix products of whole time steps.
#pragma once

#include "parts.hpp"

#include <flowkit/backend/geometry.hpp>

namespace flowkit::detail {

/// Where the steps of [batch, steps, channels] lie in a copy [slot, batch, channels], and which of
/// them each tap of the kernel meets.
///
/// For one tap, windows and steps correspond: window i meets step i stride + tap - padding. With
/// time first, both are runs of rows without gaps (steps that are congruent modulo the stride lie
/// together), so a pass is one product per tap, which leaves out the padding: 30 % of the products
/// of a kernel of 5 on 4 steps.
class time_windows {
 public:
  /// The windows [first, first + count) that see the data under a tap, and the slot of the step
  /// that the first of them meets there; the others follow.
  struct run {
    index_t window;
    index_t slot;
    index_t count;
  };

  time_windows(const convolution_geometry& g, index_t batch, index_t steps)
      : batch_(batch),
        steps_(steps),
        windows_(g.windows(1, steps)),
        taps_(g.kernel[1]),
        stride_(g.stride[1]),
        padding_(g.padding[1]) {}

  /// Whether a convolution is one over time, with zeros on the sides only.
  static bool fits(const convolution_geometry& g, const extents<4>& image) {
    return image[1] == 1 && g.kernel[0] == 1 && g.padding[0] == 0;
  }

  [[nodiscard]] index_t batch() const { return batch_; }
  [[nodiscard]] index_t steps() const { return steps_; }
  [[nodiscard]] index_t windows() const { return windows_; }
  [[nodiscard]] index_t taps() const { return taps_; }

  /// Slot of a step.
  [[nodiscard]] index_t slot(index_t step) const {
    const index_t rest = step % stride_;
    // Classes before this one: the first steps_ % stride_ of them have one step more.
    return rest * (steps_ / stride_) + std::min(rest, steps_ % stride_) + step / stride_;
  }

  /// What a tap does, within windows [limit).
  [[nodiscard]] run within_windows(index_t tap, const span_of& limit) const {
    const index_t first =
        std::max(limit.first, parts_of(std::max<index_t>(0, padding_ - tap), stride_));
    const index_t reach = steps_ - 1 + padding_ - tap;
    const index_t last = std::min(limit.last(), reach < 0 ? 0 : reach / stride_ + 1);
    if (first >= last) return {};
    return {first, slot(first * stride_ + tap - padding_), last - first};
  }

  /// The same within slots [limit).
  [[nodiscard]] run within_slots(index_t tap, const span_of& limit) const {
    run r = within_windows(tap, {0, windows_});
    const index_t skipped = std::clamp<index_t>(limit.first - r.slot, 0, r.count);
    const index_t last = std::min(r.slot + r.count, limit.last());
    r.window += skipped;
    r.slot += skipped;
    r.count = std::max<index_t>(0, last - r.slot);
    return r;
  }

  /// Tasks of a pass whose result has `columns` columns and `positions` windows or slots.
  [[nodiscard]] grid parts(index_t positions, index_t columns) const {
    const cut_axis across(columns, task_columns);
    const index_t most = std::max<index_t>(1, part_rows / std::max<index_t>(1, batch_));
    const index_t wanted = parts_of(positions * across.count, wanted_tasks / 2);
    return {cut_axis(positions, std::clamp<index_t>(wanted, 1, most)), across};
  }

  /// Columns of a task: its weights for one tap and its sums stay in the second cache.
  static constexpr index_t task_columns = 128;

 private:
  index_t batch_;
  index_t steps_;
  index_t windows_;
  index_t taps_;
  index_t stride_;
  index_t padding_;
};

}  // namespace flowkit::detail
