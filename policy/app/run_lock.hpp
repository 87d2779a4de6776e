// One process at a time changes a run directory.
#pragma once

#include <string>

namespace flowkit::app {

/// Keeps a run directory, which exists, to this process until it ends, however it ends; those that
/// only read need not ask. Throws invalid_input that names the process if another one has it.
/// Nothing happens on file systems without locks.
void lock_run(const std::string& folder);

}  // namespace flowkit::app
