// What became of every sample of an integration.
#pragma once

#include <flowkit/backend/tensor.hpp>
#include <flowkit/fn/step_control.hpp>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace flowkit {

namespace detail {
template <class B>
class roster;
}

/// How the integration of one sample ended. A failure of the mathematics is a result, never an
/// exception:
///   reached_end   the state is that at the end time;
///   minimum_step  the tolerance asks for steps below the spacing of numbers (a singularity);
///   step_limit    as many attempts as allowed (a stiff field, or too strict a tolerance);
///   non_finite    velocity or state is infinite or not a number.
/// A sample that failed keeps the last state it accepted.
using sample_status = fn::row_state;

/// "reached_end" and so on, for messages.
[[nodiscard]] constexpr std::string_view to_text(sample_status s) {
  constexpr std::string_view names[] = {"running", "reached_end", "minimum_step", "step_limit",
                                        "non_finite"};
  return names[static_cast<std::size_t>(s)];
}

/// Per sample and in total: status, evaluations of the field, accepted and rejected steps. Host
/// memory that is reused: filling it again with as many samples allocates nothing.
class integration_result {
 public:
  struct sample {
    sample_status status = sample_status::running;
    index_t evaluations = 0;
    index_t accepted = 0;
    index_t rejected = 0;
  };

  std::vector<sample> samples;  ///< sample i is row i of the batch

  /// Sums over the samples; the status is that of the worst sample (the largest number).
  [[nodiscard]] sample total() const {
    sample sum{sample_status::reached_end, 0, 0, 0};
    for (const sample& s : samples) {
      sum.evaluations += s.evaluations;
      sum.accepted += s.accepted;
      sum.rejected += s.rejected;
      if (s.status > sum.status) sum.status = s.status;
    }
    return sum;
  }

  /// Samples that ended in this way.
  [[nodiscard]] index_t count(sample_status status) const {
    index_t found = 0;
    for (const sample& s : samples) found += s.status == status ? 1 : 0;
    return found;
  }

  [[nodiscard]] bool all_reached_end() const {
    return count(sample_status::reached_end) == static_cast<index_t>(samples.size());
  }

  /// Forgets the last integration and makes room for this many samples. Allocates if there were
  /// never as many.
  void reset(index_t count) {
    samples.assign(static_cast<std::size_t>(count), {});
    rows_.reserve(static_cast<std::size_t>(count));
    kept_.reserve(static_cast<std::size_t>(count));
  }

 private:
  template <class B>
  friend class detail::roster;

  // Row numbers that a solver keeps between steps.
  std::vector<row_t> rows_;
  std::vector<row_t> kept_;
};

namespace detail {

/// Reads a vector piece by piece through the stack and calls f(i, number). Synchronises.
template <class B, class F>
void for_each_on_host(B& be, const_view_of<B, 1> v, F&& f) {
  using T = typename B::value_type;
  constexpr index_t piece = 1024;
  T values[piece];
  for (index_t first = 0; first < v.size(); first += piece) {
    const index_t count = std::min(piece, v.size() - first);
    be.download(std::span<T>(values, static_cast<std::size_t>(count)), rows(v, first, count));
    for (index_t i = 0; i < count; ++i) f(first + i, values[i]);
  }
}

}  // namespace detail
}  // namespace flowkit
