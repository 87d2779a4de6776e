// What an alignment operator is.
#pragma once

#include <flowkit/align/couplings.hpp>

namespace flowkit {

/// Moves generated end points to expert chunks where an expert did the same in the same situation:
/// `a(be, couplings, index, aligned, ws)` writes the new end points [n, d] and returns a report.
/// Laws: noise and conditions are untouched; idempotent (aligning the result changes nothing); the
/// identity on an empty index; a replaced row is a row of the index (hard operators); the order of
/// index rows matters for exact ties only. Synchronises, allocates for the report.
template <class A, class B>
concept Alignment = requires(const A& align, B& be, const coupling_view<B>& couplings,
                             const expert_index<B>& index, view_of<B, 2> aligned,
                             workspace<B>& ws) {
  { align(be, couplings, index, aligned, ws) } -> std::same_as<alignment_report>;
};

}  // namespace flowkit
