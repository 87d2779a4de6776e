// What is measured without a simulation: distances at windows put aside, straightness, solvers.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/evaluation/result.hpp>

#include <app/method.hpp>

namespace flowkit::app {

/// Why a method cannot be measured at windows put aside though the settings ask for it, for people;
/// empty: it can, or they do not ask. To be known before results are replaced.
[[nodiscard]] std::string without_windows(const context& c, const method& m,
                                          const policy::demonstrations& data);

/// Adds distances to the expert at windows put aside and the spread of chunks, unless the result
/// says why there are none, and the acceptance of the alignment that a student learnt from.
void measure_windows(const context& c, const method& m, const policy::demonstrations& data,
                     policy::evaluation_result& out);

/// flow/flow.json: how straight the base flow is, and what solvers lose on it. Where these data
/// have no windows that it was kept from, it says why, and what was measured before stays.
void flow_stage(const context& c, const policy::demonstrations& data);

/// align/couplings.json: what generating and aligning couplings did, for the report.
void couplings_stage(const context& c);

}  // namespace flowkit::app
