#include <flowkit/core/processors.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <system_error>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace flowkit {
namespace {

namespace fs = std::filesystem;

constexpr double unlimited = std::numeric_limits<double>::infinity();

/// The first line of a file of the kernel; empty where it cannot be read.
std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Processors per period of time, from "quota period", either of which may be "max" or missing.
double processors_of(const std::string& quota, const std::string& period) {
  char* end = nullptr;
  const double microseconds = std::strtod(quota.c_str(), &end);
  const bool limited = end != quota.c_str() && microseconds > 0;
  const double every = std::strtod(period.c_str(), nullptr);
  return limited && every > 0 ? microseconds / every : unlimited;
}

double quota_of(const fs::path& group) {
  const std::string line = first_line(group / "cpu.max");  // cgroup v2
  if (!line.empty()) {
    const auto space = line.find(' ');
    if (space == std::string::npos) return unlimited;
    return processors_of(line.substr(0, space), line.substr(space + 1));
  }
  return processors_of(first_line(group / "cpu.cfs_quota_us"),
                       first_line(group / "cpu.cfs_period_us"));
}

/// The tightest quota between a group and the root of its hierarchy.
double quota_up_to(const fs::path& mount, const std::string& group) {
  double least = quota_of(mount);
  fs::path at = mount;
  for (const fs::path& part : fs::path(group).relative_path()) {
    if (part == "..") break;  // outside the container's view
    at /= part;
    least = std::min(least, quota_of(at));
  }
  return least;
}

/// Lines of /proc/self/cgroup are "number:controllers:path"; without controllers it is v2.
double quota_of_process(const fs::path& root) {
  std::ifstream in(root / "proc/self/cgroup");
  double least = unlimited;
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    const fs::path mounts = root / "sys/fs/cgroup";
    if (controllers.empty()) least = std::min(least, quota_up_to(mounts, group));
    if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      // The folder may name the controllers in another order; there is a link of this name then.
      const fs::path named = mounts / controllers;
      std::error_code ignored;  // a folder that may not be looked at is as good as none
      const fs::path mount = fs::exists(named, ignored) ? named : mounts / "cpu";
      least = std::min(least, quota_up_to(mount, group));
    }
  }
  return least;
}

}  // namespace

std::vector<int> allowed_processors() {
  std::vector<int> out;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return out;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) out.push_back(i);
  }
#endif
  return out;
}

int usable_cores(const std::vector<int>& processors, const std::string& root) {
  std::set<std::string> cores;
  for (const int number : processors) {
    const fs::path folder =
        fs::path(root) / "sys/devices/system/cpu" / ("cpu" + std::to_string(number)) / "topology";
    const std::string siblings = first_line(folder / "thread_siblings_list");
    // A processor whose siblings are unknown is a core of its own.
    cores.insert(siblings.empty() ? "processor " + std::to_string(number) : siblings);
  }
  const auto known =
      cores.empty() ? std::thread::hardware_concurrency() : static_cast<unsigned>(cores.size());
  const double quota = std::ceil(quota_of_process(root));
  return std::max(1, static_cast<int>(std::min(static_cast<double>(known), quota)));
}

}  // namespace flowkit
