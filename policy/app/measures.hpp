// What is measured without a simulation: distances at windows put aside, straightness, solvers.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/evaluation/result.hpp>

#include <app/method.hpp>

namespace flowkit::app {

/// Adds distances to the expert at windows put aside, the spread of chunks, and the acceptance of
/// the alignment that a student learnt from.
void measure_windows(const context& c, const method& m, const policy::demonstrations& data,
                     policy::evaluation_result& out);

/// flow/flow.json: how straight the base flow is, and what solvers lose on it. Where these data
/// have no windows that it was kept from, it says why, and what was measured before stays.
void flow_stage(const context& c, const policy::demonstrations& data);

/// align/couplings.json: what generating and aligning couplings did, for the report.
void couplings_stage(const context& c);

}  // namespace flowkit::app
