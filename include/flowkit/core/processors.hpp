// How many processor cores this process may keep busy.
#pragma once

#include <string>
#include <vector>

namespace flowkit {

/// Numbers of the processors in the affinity mask of the calling thread; empty where the system
/// does not tell.
[[nodiscard]] std::vector<int> allowed_processors();

/// Physical cores behind `processors`, counted by their siblings in sysfs, but no more than the CPU
/// quota of the process's control group allows (cgroup v2 and v1, the tightest of the group and its
/// parents, rounded up). Hyper-threads share the units that products keep busy, so two of them
/// count once. At least 1. `root` is where the file system begins: "/" but for tests.
[[nodiscard]] int usable_cores(const std::vector<int>& processors, const std::string& root = "/");

}  // namespace flowkit
