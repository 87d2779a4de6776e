// Which task a call is about, and which fields of a data set: what own data leave open.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>

#include <app/context.hpp>

namespace flowkit::app {

/// Fills in `task` if it is empty: reach_detour, or with data of one's own the simulated task that
/// they name (attribute "task"). It stays empty for data of anything else. Throws file_error for
/// data that cannot be read.
void choose_task(policy::settings& values);

/// Throws invalid_input that says what to do if there is no task to act in.
void need_task(const policy::settings& values, std::string_view command);

/// Throws one invalid_input for all fields of the selection that the data set lacks; it lists those
/// that there are, and names the options. Throws file_error with the place of a number among states
/// and actions that cannot be learnt from.
void check_fields(const policy::settings& values, const policy::demonstrations& data);

}  // namespace flowkit::app
