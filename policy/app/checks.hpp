// What can be known to be wrong before anything is computed.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/manifest.hpp>

#include <app/context.hpp>

namespace flowkit::app {

/// Checks all settings of a run and its sweep as far as they can be checked without its results:
/// what stages would refuse after minutes of work. Throws invalid_input that names the setting, and
/// what choosing the backend throws.
void check_settings(const context& c);

/// Throws invalid_input if the settings ask for more than the results of one evaluation can hold,
/// of a policy that executes so many steps of a chunk. Of windows fewer are measured instead.
void check_evaluation(const context& c, index_t executed);

/// Throws invalid_input unless the policy in a file has the horizons, the network, the task, the
/// fields and the episodes that the settings say, and learnt from these data: a stage that goes on
/// from it would describe another one.
void expect_settings_of_policy(const context& c, const std::string& path);

/// Throws invalid_input if a policy was made for another simulated task than that of the settings.
void expect_task_of_policy(const context& c, const std::string& path);

/// In what a policy of this run learnt from other data than these, in words that follow its name,
/// and what to do; empty: in nothing.
[[nodiscard]] std::string other_data(const context& c, const policy::policy_manifest& m,
                                     const policy::demonstrations& data);

/// The same of all methods that the settings ask for. A policy from elsewhere brings its own shape.
/// Data that have grown since are no reason: success needs none.
void expect_settings_of_methods(const context& c);

/// Throws invalid_input if the settings ask for other cameras than collect has recorded, and name
/// no fields of the data: later stages would see those that are remembered.
void expect_recorded_cameras(const context& c);

/// Throws invalid_input if the data say that they were recorded in another simulated task.
void expect_task_of_data(const policy::settings& values, const policy::demonstrations& data);

}  // namespace flowkit::app
