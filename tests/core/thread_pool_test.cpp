#include <gtest/gtest.h>
#include <flowkit/core/thread_pool.hpp>

#include <cstdlib>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace flowkit {
namespace {

struct ThreadPool : ::testing::TestWithParam<int> {};

TEST_P(ThreadPool, CallsEveryIndexOnce) {
  thread_pool pool(GetParam());
  std::vector<int> calls(1001, 0);

  for (int loop = 0; loop < 200; ++loop) {
    pool.for_each_index(1001, [&](index_t i) { ++calls[static_cast<std::size_t>(i)]; });
  }

  EXPECT_EQ(calls, std::vector<int>(1001, 200));
}

TEST_P(ThreadPool, FewerIndicesThanThreadsAndNoneAtAll) {
  thread_pool pool(GetParam());
  std::vector<int> calls(1, 0);

  pool.for_each_index(1, [&](index_t i) { ++calls[static_cast<std::size_t>(i)]; });
  pool.for_each_index(0, [&](index_t) { calls[0] += 100; });

  EXPECT_EQ(calls[0], 1);
}

TEST_P(ThreadPool, RethrowsAndStaysUsable) {
  thread_pool pool(GetParam());
  const auto fail = [](index_t i) {
    if (i % 7 == 3) throw std::runtime_error("index");
  };

  EXPECT_THROW(pool.for_each_index(100, fail), std::runtime_error);
  std::vector<int> calls(100, 0);
  pool.for_each_index(100, [&](index_t i) { calls[static_cast<std::size_t>(i)] = 1; });

  EXPECT_EQ(std::accumulate(calls.begin(), calls.end(), 0), 100);
}

TEST_P(ThreadPool, LoopInsideALoopRunsSerially) {
  thread_pool pool(GetParam());
  std::vector<int> calls(64, 0);

  pool.for_each_index(8, [&](index_t i) {
    pool.for_each_index(8, [&](index_t j) { ++calls[static_cast<std::size_t>(8 * i + j)]; });
  });

  EXPECT_EQ(calls, std::vector<int>(64, 1));
}

/// Threads that ran a loop of `count` turns said to take so long.
std::set<std::thread::id> threads_of_loop(thread_pool& pool, index_t count, index_t nanoseconds) {
  std::vector<std::thread::id> by(static_cast<std::size_t>(count));
  pool.for_each_index(count, nanoseconds, [&](index_t i) {
    by[static_cast<std::size_t>(i)] = std::this_thread::get_id();
  });
  return {by.begin(), by.end()};
}

TEST_P(ThreadPool, LittleWorkStaysOnTheCallingThread) {
  thread_pool pool(GetParam());
  const std::set<std::thread::id> here{std::this_thread::get_id()};

  EXPECT_EQ(threads_of_loop(pool, 64, thread_pool::awake_break_even - 1), here);
  EXPECT_EQ(threads_of_loop(pool, 64, 0), here);
}

// Which holds whether or not the workers sleep; between the two break-even points it is a matter of
// time.
TEST_P(ThreadPool, MuchWorkIsSharedOut) {
  thread_pool pool(GetParam());

  EXPECT_EQ(threads_of_loop(pool, 64, thread_pool::asleep_break_even).size(),
            static_cast<std::size_t>(GetParam()));
}

TEST_P(ThreadPool, EveryIndexIsCalledOnceHoweverMuchWorkItIs) {
  thread_pool pool(GetParam());
  std::vector<int> calls(100, 0);

  for (index_t nanoseconds = 1; nanoseconds < 1'000'000; nanoseconds *= 2) {
    pool.for_each_index(100, nanoseconds, [&](index_t i) { ++calls[static_cast<std::size_t>(i)]; });
  }

  EXPECT_EQ(calls, std::vector<int>(100, 20));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPool, ::testing::Values(1, 2, 3, 8));

TEST(ThreadPoolMove, MovedToPoolWorks) {
  thread_pool first(3);
  thread_pool second(std::move(first));
  int sum = 0;

  second.for_each_index(1, [&](index_t) { sum = 1; });

  EXPECT_EQ(sum, 1);
  EXPECT_EQ(second.size(), 3);
}

TEST(DefaultThreadCount, FollowsTheEnvironment) {
  ::setenv("FLOWKIT_THREADS", "5", 1);
  EXPECT_EQ(default_thread_count(), 5);
  ::setenv("FLOWKIT_THREADS", "none", 1);
  EXPECT_GE(default_thread_count(), 1);
  ::unsetenv("FLOWKIT_THREADS");
}

}  // namespace
}  // namespace flowkit
