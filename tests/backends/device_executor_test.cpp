// The executor of device kernels finds what it is there for: races, gaps and impossible launches.
#include <flowkit/backend/concepts.hpp>
#include <flowkit/backend/recording.hpp>
#include <flowkit/backends/cuda.hpp>

#include <gtest/gtest.h>

#include <support/device/executor.hpp>

#include <array>
#include <cmath>
#include <span>
#include <vector>

namespace flowkit::testing {
namespace {

constexpr int width = 64;

struct line {
  float value[width];
};

/// Adds to every number its left neighbour; in one phase that is a race, in two it is none.
template <bool Races>
struct neighbour_kernel {
  static constexpr int threads = width;
  using shared_memory = line;
  float* out;

  template <class Block>
  void operator()(Block& block) const {
    auto sum = block.template registers<float>();
    line& shared = block.shared();
    block.phase([&](int t) { shared.value[t] = 1; });
    block.phase([&](int t) {
      sum[t] = shared.value[t] + (t > 0 ? shared.value[t - 1] : 0);
      if (Races) shared.value[t] = sum[t];
    });
    block.last([&](int t) { out[t] = sum[t]; });
  }
};

template <bool Races>
std::array<float, width> neighbour_sums(device_order order) {
  std::array<float, width> out{};
  device_executor device({.order = order});
  device.launch(neighbour_kernel<Races>{out.data()}, 1);
  return out;
}

TEST(DeviceExecutor, OrdersAgreeOnKernelsWithoutARace) {
  const auto expected = neighbour_sums<false>(device_order::ascending);

  EXPECT_EQ(neighbour_sums<false>(device_order::descending), expected);
  EXPECT_EQ(neighbour_sums<false>(device_order::scattered), expected);
  EXPECT_EQ(expected[0], 1);
  EXPECT_EQ(expected[width - 1], 2);
}

TEST(DeviceExecutor, OrdersDisagreeOnARace) {
  EXPECT_NE(neighbour_sums<true>(device_order::ascending),
            neighbour_sums<true>(device_order::descending));
}

TEST(DeviceExecutor, EveryOrderVisitsEveryThreadOnce) {
  for (const index_t count : {1, 2, 31, 32, 100, 256}) {
    for (const device_order order :
         {device_order::ascending, device_order::descending, device_order::scattered}) {
      std::vector<int> visits(static_cast<std::size_t>(count));
      for (index_t i = 0; i < count; ++i) {
        ++visits[static_cast<std::size_t>(in_order(order, i, count))];
      }
      EXPECT_EQ(visits, std::vector<int>(visits.size(), 1)) << count;
    }
  }
}

/// Reads what nobody wrote.
struct gap_kernel {
  static constexpr int threads = 32;
  using shared_memory = line;
  float* out;

  template <class Block>
  void operator()(Block& block) const {
    auto unset = block.template registers<float>();
    block.last([&](int t) {
      out[2 * t] = block.shared().value[t];
      out[2 * t + 1] = unset[t];
    });
  }
};

TEST(DeviceExecutor, UnwrittenMemoryIsNotANumber) {
  std::array<float, width> out{};
  device_executor device({});

  device.launch(gap_kernel{out.data()}, 1);

  for (const float x : out) EXPECT_TRUE(std::isnan(x));
}

/// The sum over a warp of the numbers of its threads.
struct warp_kernel {
  static constexpr int threads = width;
  using shared_memory = detail::no_shared_memory;
  float* out;

  template <class Block>
  void operator()(Block& block) const {
    auto number = block.template registers<float>();
    block.phase([&](int t) { number[t] = static_cast<float>(t); });
    const auto sum = block.warp_reduce(number, detail::plus{});
    block.last([&](int t) { out[t] = sum[t]; });
  }
};

TEST(DeviceExecutor, WarpsReduceApart) {
  std::array<float, width> out{};
  device_executor device({});

  device.launch(warp_kernel{out.data()}, 1);

  for (int t = 0; t < width; ++t) {
    EXPECT_EQ(out[static_cast<std::size_t>(t)], t < 32 ? 496 : 1520);
  }
}

struct phase_after_last_kernel {
  static constexpr int threads = 32;
  using shared_memory = detail::no_shared_memory;
  template <class Block>
  void operator()(Block& block) const {
    block.last([](int) {});
    block.phase([](int) {});
  }
};

TEST(DeviceExecutor, RefusesWhatADeviceCannotDo) {
  device_executor device({});

  EXPECT_THROW(device.launch(detail::empty_kernel{}, 0), std::logic_error);
  EXPECT_THROW(device.launch(detail::empty_kernel{}, index_t{1} << 31), std::logic_error);
  EXPECT_THROW(device.launch(phase_after_last_kernel{}, 1), std::logic_error);
  EXPECT_THROW(device.multiply({}), std::logic_error);
}

TEST(DeviceExecutor, KeepsBytesOfKernelsWhileItRecords) {
  std::array<float, width> out{};
  device_executor device({});
  device_executor::recording work;
  device.begin_recording();
  device.launch(warp_kernel{out.data()}, 1);
  device.end_recording(work);
  const std::array<float, width> before = out;

  device.run(work);

  EXPECT_EQ(before[0], 0);
  EXPECT_EQ(out[0], 496);
}

TEST(DeviceExecutor, RefusesWhatNoRecordingHolds) {
  device_executor device({});
  device_executor::recording work;
  float number = 0;
  void* const memory = device.allocate(4);
  device.begin_recording();

  EXPECT_THROW((void)device.allocate(4), std::logic_error);
  EXPECT_THROW(device.upload(memory, &number, 4), std::logic_error);
  EXPECT_THROW(device.download(&number, memory, 4), std::logic_error);
  EXPECT_THROW(device.synchronize(), std::logic_error);
  EXPECT_THROW(device.begin_recording(), std::logic_error);
  EXPECT_THROW(device.run(work), std::logic_error);
  device.free(memory);
  EXPECT_THROW(device.end_recording(work), std::logic_error);
  EXPECT_THROW(device.end_recording(work), std::logic_error);
}

/// The first 8 of 12 columns of a result that starts from a row, and the kernels it took.
struct row_product {
  std::vector<float> numbers;
  index_t launches = 0;
};

row_product product_with_row(const executor_options& options) {
  executed_cuda be(options);
  tensor<executed_cuda, 2> a(be, {3, 5});
  tensor<executed_cuda, 2> b(be, {5, 8});
  tensor<executed_cuda, 1> row(be, {8});
  tensor<executed_cuda, 2> out(be, {3, 12});  // NaN
  be.normal(a.view(), {1});
  be.normal(b.view(), {2});
  be.normal(row.view(), {3});
  const index_t before = be.launches();
  be.gemm(transpose::no, transpose::no, 2, a.view(), b.view(), row.view(),
          columns(out.view(), 0, 8));
  row_product result{std::vector<float>(36), be.launches() - before};
  be.download(std::span<float>(result.numbers), flatten(out.view()));
  return result;
}

TEST(DeviceProducts, ARowThatTheLibraryCannotAddIsWrittenBeforeWithEqualSums) {
  for (const precision math : {precision::f32, precision::bf16}) {
    const row_product added = product_with_row({.math = math});

    const row_product written = product_with_row({.math = math, .rows = row_starts::none});

    EXPECT_EQ(written.launches, added.launches + 1);
    for (std::size_t i = 0; i < 36; ++i) {
      const bool beside = i % 12 >= 8;
      EXPECT_TRUE(beside ? std::isnan(written.numbers[i]) : written.numbers[i] == added.numbers[i])
          << i;
    }
  }
}

// The header of the backend is enough for this: no part of CUDA is needed.
TEST(DeviceExecutor, StandsWhereTheGpuDoes) {
  static_assert(Device<device_executor> && Device<cuda_device>);
  static_assert(NeuralBackend<cuda> && SearchBackend<cuda>);
  static_assert(std::movable<cuda> && !std::copyable<cuda>);
  static_assert(NeuralBackend<executed_cuda> && SearchBackend<executed_cuda>);
  static_assert(RecordingBackend<cuda> && RecordingBackend<executed_cuda>);
}

}  // namespace
}  // namespace flowkit::testing
