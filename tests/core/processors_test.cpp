#include <flowkit/core/processors.hpp>

#include <support/files.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace flowkit {
namespace {

/// A file system of the kernel, made of the files that are asked for.
class machine {
 public:
  machine& file(const std::string& name, const std::string& line) {
    const std::filesystem::path path = std::filesystem::path(folder_ / name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << line << '\n';
    return *this;
  }

  /// A processor with the siblings of its core.
  machine& processor(int number, const std::string& siblings) {
    return file(
        "sys/devices/system/cpu/cpu" + std::to_string(number) + "/topology/thread_siblings_list",
        siblings);
  }

  [[nodiscard]] std::string root() const { return folder_.path(); }

 private:
  testing::temporary_directory folder_;
};

/// Two cores with two hyper-threads each.
machine& two_cores(machine& m) {
  return m.processor(0, "0,2").processor(1, "1,3").processor(2, "0,2").processor(3, "1,3");
}

TEST(Processors, HyperThreadsOfACoreCountOnce) {
  machine m;
  two_cores(m);

  EXPECT_EQ(usable_cores({0, 1, 2, 3}, m.root()), 2);
  EXPECT_EQ(usable_cores({0, 2}, m.root()), 1);
  EXPECT_EQ(usable_cores({1, 2}, m.root()), 2);
}

TEST(Processors, WithoutTopologyEveryProcessorIsACore) {
  const machine m;

  EXPECT_EQ(usable_cores({4, 5, 7}, m.root()), 3);
}

TEST(Processors, AQuotaIsRoundedUp) {
  machine m;
  m.file("proc/self/cgroup", "0::/").file("sys/fs/cgroup/cpu.max", "150000 100000");

  EXPECT_EQ(usable_cores({0, 1, 2, 3}, m.root()), 2);
}

TEST(Processors, TheTightestQuotaOfTheParentsHolds) {
  machine m;
  m.file("proc/self/cgroup", "0::/outer/inner")
      .file("sys/fs/cgroup/outer/cpu.max", "100000 100000")
      .file("sys/fs/cgroup/outer/inner/cpu.max", "300000 100000");

  EXPECT_EQ(usable_cores({0, 1, 2, 3}, m.root()), 1);
}

/// Of four, in a control group of version 1 with a quota of two, whose controllers lie in `folder`.
int usable_in_older_group(const std::string& controllers, const std::string& folder) {
  machine m;
  m.file("proc/self/cgroup", "4:" + controllers + ":/job")
      .file("sys/fs/cgroup/" + folder + "/job/cpu.cfs_quota_us", "200000")
      .file("sys/fs/cgroup/" + folder + "/job/cpu.cfs_period_us", "100000");
  return usable_cores({0, 1, 2, 3}, m.root());
}

TEST(Processors, AnOlderControlGroupHasItsQuotaInTwoFiles) {
  EXPECT_EQ(usable_in_older_group("cpu,cpuacct", "cpu,cpuacct"), 2);
}

TEST(Processors, AnOlderControlGroupMayLieInAFolderOfFewerControllers) {
  EXPECT_EQ(usable_in_older_group("cpuacct,cpu", "cpu"), 2);
}

TEST(Processors, AControlGroupThatCannotBeLookedAtLimitsNothing) {
  machine m;
  const std::string controllers = "cpu," + std::string(300, 'x');  // no name of a file is so long
  m.file("proc/self/cgroup", "4:" + controllers + ":/job");

  EXPECT_EQ(usable_cores({0, 1, 2, 3}, m.root()), 4);
}

TEST(Processors, NoQuotaAndUnreadableOnesLimitNothing) {
  for (const std::string line : {"max 100000", "-1", "nonsense", "0 0", "100000 0", ""}) {
    machine m;
    m.file("proc/self/cgroup", "0::/").file("sys/fs/cgroup/cpu.max", line);

    EXPECT_EQ(usable_cores({0, 1, 2}, m.root()), 3) << line;
  }
}

TEST(Processors, ThisProcessMayUseAtLeastOne) {
  EXPECT_GE(usable_cores(allowed_processors()), 1);
  EXPECT_GE(usable_cores({}), 1);
}

}  // namespace
}  // namespace flowkit
