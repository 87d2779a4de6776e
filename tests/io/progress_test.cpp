// Progress displays, with a clock and an output that the test controls.
#include <flowkit/io/progress.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace flowkit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A display of 100 steps whose time stands still until the test moves it.
struct stage {
  double now = 0;
  std::string shown;
  int writes = 0;

  progress_options options(progress_style style) {
    return {.label = "train",
            .total = 100,
            .style = style,
            .clock = [this] { return now; },
            .output =
                [this](std::string_view text) {
                  shown += text;
                  ++writes;
                }};
  }
};

TEST(progress, a_line_is_redrawn_at_most_ten_times_a_second) {
  stage s;
  progress display(s.options(progress_style::line));

  for (int step = 1; step <= 100; ++step) {
    s.now = step * 0.01;
    display.update(step);
  }

  EXPECT_GE(s.writes, 9);
  EXPECT_LE(s.writes, 11);
  EXPECT_THAT(s.shown, Not(HasSubstr("\n")));
}

TEST(progress, shows_share_rate_time_left_and_note) {
  stage s;
  progress display(s.options(progress_style::line));

  s.now = 5;
  display.update(25, "loss 0.5");

  EXPECT_THAT(s.shown, StartsWith("\r\x1b[2K"));
  EXPECT_THAT(s.shown, HasSubstr("25%  25/100 steps  5 steps/s  15s left  loss 0.5"));
}

TEST(progress, a_resumed_loop_does_not_count_old_steps_into_the_rate) {
  stage s;
  auto options = s.options(progress_style::plain);
  options.done = 50;
  progress display(options);

  s.now = 10;
  display.update(60);

  EXPECT_THAT(s.shown, HasSubstr("60/100 steps  1 steps/s  40s left"));
}

TEST(progress, plain_lines_are_rare_and_hold_no_control_characters) {
  stage s;
  progress display(s.options(progress_style::plain));

  for (int step = 1; step <= 100; ++step) {
    s.now = step * 0.25;
    display.update(step);
  }
  display.finish();

  EXPECT_EQ(s.writes, 3);  // after 10 s, after 20 s, and the end
  EXPECT_THAT(s.shown, Not(HasSubstr("\x1b")));
  EXPECT_THAT(s.shown, Not(HasSubstr("\r")));
  EXPECT_THAT(s.shown, HasSubstr("100%  100/100 steps  4 steps/s  in 25s\n"));
}

TEST(progress, quiet_shows_nothing) {
  stage s;

  {
    progress display(s.options(progress_style::quiet));
    s.now = 100;
    display.update(1);
    display.finish();
  }

  EXPECT_EQ(s.writes, 0);
}

TEST(progress, an_abandoned_line_is_ended) {
  stage s;

  { progress(s.options(progress_style::line)).update(1); }

  EXPECT_EQ(s.shown.back(), '\n');
}

TEST(progress, an_unknown_total_shows_neither_share_nor_time_left) {
  stage s;
  auto options = s.options(progress_style::plain);
  options.total = 0;
  progress display(options);

  s.now = 10;
  display.update(20);

  EXPECT_EQ(s.shown, "train  20 steps  2 steps/s\n");
}

TEST(duration, is_written_in_two_units_at_most) {
  EXPECT_EQ(detail::duration_text(0.4), "0s");
  EXPECT_EQ(detail::duration_text(59.4), "59s");
  EXPECT_EQ(detail::duration_text(59.6), "1m00s");
  EXPECT_EQ(detail::duration_text(185), "3m05s");
  EXPECT_EQ(detail::duration_text(7620), "2h07m");
}

}  // namespace
}  // namespace flowkit
