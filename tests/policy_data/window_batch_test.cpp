// Batches against the values that the frames are known to hold.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/window_batch.hpp>

#include <gmock/gmock.h>

#include <set>

#include "policy_data/data_fixture.hpp"

namespace flowkit::policy {
namespace {

constexpr window_options small{.horizon = 4, .observe = 2, .execute = 2};

struct batch_fixture : ::testing::Test {
  demonstrations data = testing::in_memory({5, 2, 7});
  window_index windows{data.episode_ends(), small};
  std::vector<row_t> some{10, 0, 4, 3, 0};
  window_batch batch;

  void gather(window_fields fields, crop_place place = crop_place::centre, rng_key key = {}) {
    window_gatherer(data, windows, std::move(fields)).gather(some, place, key, batch);
  }
};

TEST_F(batch_fixture, holds_states_and_actions_of_every_step) {
  // Two state fields, so that joining them is seen: [state, action] per frame.
  gather({.state = {"state", "action"}});

  ASSERT_EQ(batch.state_width, 2 * 5);
  ASSERT_EQ(batch.action_width, 4 * 2);
  for (index_t i = 0; i < batch.size(); ++i) {
    const window where = windows[some[static_cast<std::size_t>(i)]];
    for (index_t step = 0; step < 4; ++step) {
      const index_t frame = windows.frame(where, step);
      for (index_t c = 0; c < 2; ++c) {
        EXPECT_EQ(batch.action_rows()(i, step * 2 + c), testing::action_value(frame, c));
      }
      if (step >= 2) continue;
      for (index_t c = 0; c < 5; ++c) {
        const float expected =
            c < 3 ? testing::state_value(frame, c) : testing::action_value(frame, c - 3);
        EXPECT_EQ(batch.state_rows()(i, step * 5 + c), expected) << i << " " << step << " " << c;
      }
    }
  }
}

/// Offset of the crop of one image in its frame, found by its content; -1 if there is none.
index_t find_crop(const image_batch& image, index_t number, index_t frame, index_t side) {
  for (index_t y = 0; y + side <= testing::image_side; ++y) {
    for (index_t x = 0; x + side <= testing::image_side; ++x) {
      bool equal = true;
      for (index_t row = 0; row < side; ++row) {
        for (index_t i = 0; i < side * 3; ++i) {
          const index_t at = ((y + row) * testing::image_side + x) * 3 + i;
          const auto wanted = static_cast<float>(testing::pixel_value(frame, at));
          equal = equal && image.view4()(number, row, i / 3, i % 3) == wanted;
        }
      }
      if (equal) return y * testing::image_side + x;
    }
  }
  return -1;
}

TEST_F(batch_fixture, cuts_images_in_the_centre) {
  gather({.action = "", .images = {"img"}, .crop = 4, .image_scale = 1});

  ASSERT_EQ(batch.images[0].shape, (extents<4>{10, 4, 4, 3}));
  EXPECT_EQ(batch.action_width, 0);
  for (index_t i = 0; i < 10; ++i) {
    const window where = windows[some[static_cast<std::size_t>(i / 2)]];
    EXPECT_EQ(find_crop(batch.images[0], i, windows.frame(where, i % 2), 4),
              1 * testing::image_side + 1);
  }
}

TEST_F(batch_fixture, keeps_whole_images_and_scales_them) {
  gather({.images = {"img"}});

  ASSERT_EQ(batch.images[0].shape, (extents<4>{10, 6, 6, 3}));
  const index_t frame = windows.frame(windows[10], 1);
  for (index_t i = 0; i < testing::image_numbers; ++i) {
    EXPECT_EQ(batch.images[0].pixels[static_cast<std::size_t>(testing::image_numbers + i)],
              static_cast<float>(testing::pixel_value(frame, i)) * (1.0F / 255.0F));
  }
}

TEST_F(batch_fixture, draws_one_crop_per_window_from_key_and_window) {
  std::set<index_t> places;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    gather({.images = {"img", "img"}, .crop = 4, .image_scale = 1}, crop_place::random,
           rng_key{seed});
    for (index_t i = 0; i < 10; i += 2) {
      const window where = windows[some[static_cast<std::size_t>(i / 2)]];
      const index_t at = find_crop(batch.images[0], i, windows.frame(where, 0), 4);
      ASSERT_NE(at, -1);
      EXPECT_EQ(find_crop(batch.images[0], i + 1, windows.frame(where, 1), 4), at);
      places.insert(at);
    }
    // Row 1 and row 4 are the same window.
    EXPECT_EQ(find_crop(batch.images[0], 2, 0, 4), find_crop(batch.images[0], 8, 0, 4));
  }
  // All nine corners; the chance to miss one in 240 draws is below 1e-11.
  EXPECT_EQ(places.size(), 9U);
}

TEST_F(batch_fixture, draws_the_same_crop_in_any_batch) {
  gather({.images = {"img"}, .crop = 4}, crop_place::random, rng_key{5});
  const std::vector<float> third(batch.images[0].pixels.begin() + 2 * 2 * 48,
                                 batch.images[0].pixels.begin() + 3 * 2 * 48);

  some = {some[2]};
  gather({.images = {"img"}, .crop = 4}, crop_place::random, rng_key{5});

  EXPECT_EQ(batch.images[0].pixels, third);
}

TEST_F(batch_fixture, says_how_much_memory_a_batch_takes) {
  const window_gatherer gatherer(data, windows, {.state = {"state"}, .images = {"img"}, .crop = 4});

  gatherer.gather(some, crop_place::centre, {}, batch);

  EXPECT_EQ(gatherer.batch_bytes(5), batch.bytes());
}

TEST_F(batch_fixture, refuses_what_the_data_lack) {
  EXPECT_THROW(gather({.state = {"velocity"}}), invalid_input);
  EXPECT_THROW(gather({.images = {"state"}}), invalid_input);
  EXPECT_THROW(gather({.images = {"img"}, .crop = 7}), invalid_input);
  some = {11};
  EXPECT_THROW(gather({}), invalid_input);
  some = {-1};
  EXPECT_THROW(gather({}), invalid_input);
}

TEST_F(batch_fixture, of_no_window_is_empty) {
  some.clear();

  gather({.state = {"state"}, .images = {"img"}});

  EXPECT_EQ(batch.size(), 0);
  EXPECT_TRUE(batch.actions.empty());
}

}  // namespace
}  // namespace flowkit::policy
