// The background thread changes nothing but the time at which batches are made.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/loader.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "policy_data/data_fixture.hpp"

namespace flowkit::policy {
namespace {

constexpr window_options small{.horizon = 4, .observe = 2, .execute = 2};
const rng_key key{11};

struct loader_fixture : ::testing::Test {
  demonstrations data = testing::in_memory({9, 12, 7});
  window_index windows{data.episode_ends(), small};
  window_gatherer gatherer{data, windows, {.state = {"state"}, .images = {"img"}, .crop = 4}};
  epoch_order order{windows.size(), 4, key};

  [[nodiscard]] window_batch direct(index_t number) {
    window_batch out;
    gatherer.gather(order.batch(number), crop_place::random, order.batch_key(number), out);
    return out;
  }

  void expect_direct(const window_batch& batch, index_t number) {
    const window_batch expected = direct(number);
    EXPECT_EQ(batch.windows, expected.windows) << number;
    EXPECT_EQ(batch.state, expected.state) << number;
    EXPECT_EQ(batch.actions, expected.actions) << number;
    EXPECT_EQ(batch.images[0].pixels, expected.images[0].pixels) << number;
  }
};

TEST_F(loader_fixture, gives_the_batches_of_the_order_whatever_the_limits) {
  for (const index_t batches : {1, 2, 100}) {
    for (const index_t bytes : {index_t{1}, 3 * gatherer.batch_bytes(4), index_t{1} << 30}) {
      background_loader loader(gatherer, order, {.ahead_bytes = bytes, .ahead_batches = batches});
      for (index_t number = 0; number < 20; ++number) expect_direct(loader.batch(number), number);
    }
  }
}

TEST_F(loader_fixture, starts_anew_at_any_number) {
  background_loader loader(gatherer, order);

  for (const index_t number : {7, 8, 9, 2, 3, 3, 40, 0}) {
    expect_direct(loader.batch(number), number);
  }
}

TEST_F(loader_fixture, stops_while_it_is_ahead_or_at_work) {
  for (int i = 0; i < 50; ++i) {
    background_loader loader(gatherer, order);
    if (i % 2 == 0) expect_direct(loader.batch(i), i);
  }
}

TEST_F(loader_fixture, refuses_limits_below_one_batch) {
  EXPECT_THROW(background_loader(gatherer, order, {.ahead_batches = 0}), invalid_input);
  background_loader loader(gatherer, order);
  EXPECT_THROW((void)loader.batch(-1), invalid_input);
}

/// Frames that cannot be decoded from the thirtieth on, until somebody mends them.
class broken_field final : public field_source {
 public:
  [[nodiscard]] const field_info& info() const override { return info_; }
  [[nodiscard]] index_t frames() const override { return 40; }
  [[nodiscard]] index_t block_frames() const override { return 1; }
  [[nodiscard]] frame_block load(index_t block) const override {
    if (block >= 30 && !mended) throw file_error("x.zarr", "damaged");
    auto bytes = std::make_shared<std::vector<std::byte>>(20'000);
    return {block, 1, *bytes, bytes};
  }

  std::atomic<bool> mended = false;

 private:
  field_info info_{"action", dtype::u8, {20'000}};
};

TEST(background_loader, rethrows_what_its_thread_threw_at_that_batch) {
  const auto field = std::make_shared<broken_field>();
  const demonstrations data({field}, {40});
  const window_index windows(data.episode_ends(), {.horizon = 1, .observe = 1, .execute = 1});
  const window_gatherer gatherer(data, windows, {});
  epoch_order order(40, 1, key);
  index_t first_bad = 0;
  while (order.batch(first_bad).front() < 30) ++first_bad;
  ASSERT_GT(first_bad, 0);
  background_loader loader(gatherer, order);

  for (index_t number = 0; number < first_bad; ++number)
    EXPECT_NO_THROW((void)loader.batch(number));
  EXPECT_THROW((void)loader.batch(first_bad), file_error);
  EXPECT_THROW((void)loader.batch(first_bad), file_error);
  field->mended = true;

  EXPECT_EQ(loader.batch(first_bad).windows.front(), order.batch(first_bad).front());
  EXPECT_NO_THROW((void)loader.batch(first_bad + 1));
}

}  // namespace
}  // namespace flowkit::policy
