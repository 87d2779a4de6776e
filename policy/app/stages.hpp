// The stages of a run. Each works in folders of the run directory, continues what was interrupted
// and returns at once when nothing changed.
#pragma once

#include <app/context.hpp>

namespace flowkit::app {

void collect_stage(const context& c);   ///< collect/demonstrations.zarr
void learn_stages(const context& c);    ///< the next four
void train_stage(const context& c);     ///< base/policy.safetensors
void couple_stage(const context& c);    ///< couple, held_out; with two rounds straighten, *_2
void align_stage(const context& c);     ///< align/aligned.safetensors
void distill_stage(const context& c);   ///< sefa, reflow
void evaluate_stage(const context& c);  ///< evaluation/<label>/results.json, flow/flow.json
void report_stage(const context& c);    ///< report.html

}  // namespace flowkit::app
