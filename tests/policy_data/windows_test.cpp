// Which frames a window shows, against the definition of padding by repetition.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/windows.hpp>

#include <gmock/gmock.h>

namespace flowkit::policy {
namespace {

using ::testing::ElementsAre;

std::vector<index_t> frames_of(const window_index& windows, index_t number) {
  std::vector<index_t> out;
  for (index_t step = 0; step < windows.options().horizon; ++step) {
    out.push_back(windows.frame(windows[number], step));
  }
  return out;
}

const std::vector<index_t> ends{5, 7, 14};
constexpr window_options small{.horizon = 4, .observe = 2, .execute = 2};

TEST(window_options, default_to_the_paddings_of_the_method) {
  const window_options defaults = checked({});

  EXPECT_EQ(defaults.pad_before, 1);
  EXPECT_EQ(defaults.pad_after, 7);
}

TEST(window_options, refuse_lengths_that_do_not_fit) {
  EXPECT_THROW((void)checked({.horizon = 8, .observe = 2, .execute = 8}), invalid_input);
  EXPECT_NO_THROW((void)checked({.horizon = 9, .observe = 2, .execute = 8}));
  EXPECT_THROW((void)checked({.observe = 0}), invalid_input);
  EXPECT_THROW((void)checked({.execute = 0}), invalid_input);
  EXPECT_THROW((void)checked({.pad_before = 16}), invalid_input);
  EXPECT_THROW((void)checked({.pad_after = -2}), invalid_input);
}

TEST(window_index, repeats_the_first_and_the_last_frame) {
  const window_index windows(ends, small);

  // L - horizon + 1 + 1 + 1 = 4, 1 and 6 windows.
  ASSERT_EQ(windows.size(), 11);
  EXPECT_THAT(frames_of(windows, 0), ElementsAre(0, 0, 1, 2));
  EXPECT_THAT(frames_of(windows, 1), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(frames_of(windows, 3), ElementsAre(2, 3, 4, 4));
  EXPECT_THAT(frames_of(windows, 4), ElementsAre(5, 5, 6, 6));
  EXPECT_THAT(frames_of(windows, 5), ElementsAre(7, 7, 8, 9));
  EXPECT_THAT(frames_of(windows, 10), ElementsAre(11, 12, 13, 13));
}

TEST(window_index, never_leaves_an_episode_and_covers_every_frame_as_now) {
  // Property over lengths: with the default paddings, every frame but those within the last
  // horizon - observe - execute + 1 steps is "now" of a window, and no step shows another episode.
  for (index_t length = 1; length < 40; ++length) {
    const std::vector<index_t> three{3, 3 + length, 50};
    const window_index windows(three, {});
    std::vector<int> now(50);
    for (index_t i = 0; i < windows.size(); ++i) {
      const window where = windows[i];
      const index_t begin =
          where.episode == 0 ? 0 : three[static_cast<std::size_t>(where.episode) - 1];
      for (index_t step = 0; step < 16; ++step) {
        const index_t frame = windows.frame(where, step);
        ASSERT_GE(frame, begin);
        ASSERT_LT(frame, three[static_cast<std::size_t>(where.episode)]);
      }
      ++now[static_cast<std::size_t>(windows.frame(where, 1))];
    }
    for (index_t frame = 3; frame < 3 + length - 7; ++frame) {
      EXPECT_EQ(now[static_cast<std::size_t>(frame)], 1) << "length " << length;
    }
  }
}

TEST(window_index, finds_every_window_again) {
  const window_index windows(ends, small);

  for (index_t i = 0; i < windows.size(); ++i) EXPECT_EQ(windows.find(windows[i]), i);
  EXPECT_EQ(windows.find({0, -2}), -1);
  EXPECT_EQ(windows.find({0, 3}), -1);
  EXPECT_EQ(windows.find({3, 0}), -1);
}

TEST(window_index, of_some_episodes_keeps_their_numbers) {
  const std::vector<index_t> chosen{0, 2};
  const window_index windows(ends, small, chosen);

  ASSERT_EQ(windows.size(), 10);
  EXPECT_EQ(windows[4].episode, 2);
  EXPECT_THAT(frames_of(windows, 4), ElementsAre(7, 7, 8, 9));
  EXPECT_EQ(windows.find({1, -1}), -1);
}

TEST(window_index, lists_episodes_and_offsets_for_alignment) {
  const window_index windows(ends, small);

  EXPECT_THAT(windows.episodes(), ElementsAre(0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2));
  EXPECT_THAT(windows.offsets(), ElementsAre(0, 1, 2, 3, 0, 0, 1, 2, 3, 4, 5));
}

TEST(window_index, skips_episodes_that_are_too_short) {
  const std::vector<index_t> mixed{1, 10};
  const window_index windows(mixed, {.horizon = 4, .observe = 1, .execute = 1});

  EXPECT_EQ(windows.size(), 6);
  EXPECT_EQ(windows[0].episode, 1);
}

TEST(window_index, refuses_ends_and_choices_out_of_order) {
  const std::vector<index_t> falling{5, 3};
  const std::vector<index_t> twice{1, 1};
  const std::vector<index_t> beyond{3};
  EXPECT_THROW(window_index(falling, small), invalid_input);
  EXPECT_THROW(window_index(ends, small, twice), invalid_input);
  EXPECT_THROW(window_index(ends, small, beyond), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
