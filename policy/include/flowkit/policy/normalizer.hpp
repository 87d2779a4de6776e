// The way between the units of a robot and those of a network, and how often it was left.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/policy/scaling.hpp>

#include <span>
#include <vector>

namespace flowkit::policy {

/// How many observations left the range of the data that a normalizer was fitted to.
struct range_counter {
  index_t rows = 0;     ///< actions or states seen
  index_t outside = 0;  ///< of which at least one dimension lay outside the range
  index_t clipped = 0;  ///< of which at least one dimension lay beyond the margin
};

/// Converts actions or states (Kind) between physical and normalised units, dimension by
/// dimension. Built from statistics and never without them. Laws: `denormalize` undoes `normalize`
/// up to the rounding of T wherever `normalize` did not clip and the values lie in the range of the
/// data; multiplying all data by a factor changes no normalised value.
template <class Kind>
class normalizer {
 public:
  /// Throws invalid_input for statistics or options that cannot be used. Allocates.
  explicit normalizer(column_statistics statistics, normalizer_options options = {})
      : table_(std::move(statistics), std::move(options)) {}

  [[nodiscard]] index_t size() const { return table_.statistics().size(); }
  [[nodiscard]] const column_statistics& statistics() const { return table_.statistics(); }
  [[nodiscard]] const normalizer_options& options() const { return table_.options(); }
  /// Whether this dimension hardly moved in the data, compared with the others.
  [[nodiscard]] bool nearly_constant(index_t dimension) const { return table_.flat(dimension); }

  /// to = normalised from, clipped to the margin. Shapes are equal, the width a multiple of
  /// `size()`. `counter`, if given, counts every action or state.
  template <class T, class U>
  void normalize(const quantity<Kind, physical, T>& from, const quantity<Kind, normalized, U>& to,
                 range_counter* counter = nullptr) const {
    check(from.numbers().shape(), to.numbers().shape());
    visit(from, to, [&](const T* x, U* y) {
      const detail::range_event event = table_.normalize(x, y);
      if (counter == nullptr) return;
      ++counter->rows;
      counter->outside += event != detail::range_event::inside ? 1 : 0;
      counter->clipped += event == detail::range_event::clipped ? 1 : 0;
    });
  }

  /// to = physical from. Nearly constant dimensions stay within the range of the data, so the error
  /// of a network does not move what never moved.
  template <class T, class U>
  void denormalize(const quantity<Kind, normalized, T>& from,
                   const quantity<Kind, physical, U>& to) const {
    check(from.numbers().shape(), to.numbers().shape());
    visit(from, to, [&](const T* y, U* x) { table_.denormalize(y, x); });
  }

 private:
  void check(const extents<2>& from, const extents<2>& to) const {
    FLOWKIT_VALIDATE(from == to && (size() == 0 ? from[1] == 0 : from[1] % size() == 0),
                     "a normalizer of ", size(), " dimensions cannot convert ", from, " into ", to,
                     ": both shapes must be equal and every row hold whole actions or states");
  }

  template <class From, class To, class F>
  void visit(const From& from, const To& to, const F& f) const {
    FLOWKIT_EXPECT(from.numbers().dense() && to.numbers().dense());
    for (index_t at = 0; at < from.numbers().size(); at += size()) {
      f(from.numbers().data() + at, to.numbers().data() + at);
    }
  }

  detail::scaling_table table_;
};

/// Normalised actions in host memory, one after the other (of any number of chunks), in physical
/// units. Allocates. Throws invalid_input for numbers that are no whole actions.
[[nodiscard]] inline std::vector<float> physical_actions(const normalizer<action_kind>& actions,
                                                         std::span<const float> normalised) {
  FLOWKIT_VALIDATE(static_cast<index_t>(normalised.size()) % actions.size() == 0, normalised.size(),
                   " numbers are no actions of ", actions.size(), " dimensions");
  std::vector<float> out(normalised.size());
  const extents<2> shape{static_cast<index_t>(out.size()) / actions.size(), actions.size()};
  using rows = view<float, 2, host_space>;
  using const_rows = view<const float, 2, host_space>;
  actions.denormalize(chunks<normalized, const float>(const_rows(normalised.data(), shape)),
                      chunks<physical, float>(rows(out.data(), shape)));
  return out;
}

/// The two normalizers of a policy.
struct policy_normalizers {
  normalizer<action_kind> action;
  normalizer<state_kind> state;
};

}  // namespace flowkit::policy
