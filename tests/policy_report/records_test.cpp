// The other files of a run: written and read back, refused by name when damaged.
#include "policy_report/synthetic_run.hpp"
#include "support/files.hpp"

#include <flowkit/host/image.hpp>

#include <gmock/gmock.h>

#include <limits>

namespace flowkit::policy {
namespace {

using ::flowkit::testing::message_of;
using ::flowkit::testing::read_text;
using ::flowkit::testing::temporary_directory;
using ::flowkit::testing::write_raw;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// What `read` says about a file with one piece of text replaced.
template <class Read>
std::string refusal(const std::string& path, const Read& read, std::string_view piece,
                    std::string_view by) {
  std::string bytes = read_text(path);
  const std::size_t at = bytes.find(piece);
  EXPECT_NE(at, bytes.npos) << piece;
  if (at != bytes.npos) bytes.replace(at, piece.size(), by);
  write_raw(path + ".broken", bytes);
  return message_of<file_error>([&] { (void)read(path + ".broken"); });
}

/// Writing what was read gives the same bytes.
template <class Read, class Write>
void expect_round_trip(const std::string& path, const Read& read, const Write& write) {
  write(path + ".again", read(path));
  EXPECT_EQ(read_text(path), read_text(path + ".again"));
}

TEST(run_info_file, is_read_back) {
  const temporary_directory directory;
  const std::string path = directory / "run.json";
  write_run_info(path, testing::make_info());

  expect_round_trip(path, read_run_info, write_run_info);
  EXPECT_EQ(read_run_info(path).stages.at(1).stage, "train");
  EXPECT_THAT(refusal(path, read_run_info, "312", "-1"), HasSubstr("stages.train"));
  EXPECT_THAT(refusal(path, read_run_info, "\"5 940\"", "7"), HasSubstr("facts.windows"));
}

TEST(run_info_file, names_that_occur_twice_are_refused) {
  const temporary_directory directory;

  EXPECT_THROW(write_run_info(directory / "run.json", {.facts = {{"a", "1"}, {"a", "2"}}}),
               invalid_input);
}

TEST(couplings_file, is_read_back) {
  const temporary_directory directory;
  const std::string path = directory / "couplings.json";
  write_couplings_record(path, testing::make_couplings());

  expect_round_trip(path, read_couplings_record, write_couplings_record);
  EXPECT_NEAR(read_couplings_record(path).acceptance(), 54'232 / 59'400.0, 1e-15);
  EXPECT_THAT(refusal(path, read_couplings_record, "54232", "60000"), HasSubstr("pairs"));
  EXPECT_THAT(refusal(path, read_couplings_record, "40112", "59000"),
              HasSubstr("replaced_by_other_window"));
  EXPECT_THAT(refusal(path, read_couplings_record, "[15120,", "["), HasSubstr("replaced_by_phase"));
  EXPECT_THAT(refusal(path, read_couplings_record, "{\"x\":[", "{\"x\":[1,"),
              HasSubstr("experts[0].x"));
}

TEST(flow_file, is_read_back) {
  const temporary_directory directory;
  const std::string path = directory / "flow.json";
  write_flow_record(path, testing::make_flow());

  expect_round_trip(path, read_flow_record, write_flow_record);
  EXPECT_THAT(refusal(path, read_flow_record, "\"evaluations\":1,", "\"evaluations\":0,"),
              HasSubstr("errors[0].evaluations"));
  EXPECT_THAT(refusal(path, read_flow_record, "\"time\":[", "\"time\":[0,"), HasSubstr("time"));
}

TEST(sweep_file, leaves_out_what_nobody_could_measure) {
  const temporary_directory directory;
  const std::string path = directory / "sweep.json";
  const double none = std::numeric_limits<double>::quiet_NaN();
  const sweep_record sweep{
      .parameter = "demonstrations",
      .points = {{.series = "sefa@1", .value = 2, .distance = 0.5, .coverage = none}}};

  write_sweep(path, sweep);

  EXPECT_EQ(read_sweep(path).points.front().distance, 0.5);
  EXPECT_FALSE(read_sweep(path).points.front().coverage.has_value());
}

TEST(sweep_file, is_read_back) {
  const temporary_directory directory;
  const std::string path = directory / "sweep.json";
  write_sweep(path, testing::make_sweep());

  expect_round_trip(path, read_sweep, write_sweep);
  EXPECT_EQ(read_sweep(path).scale, axis_scale::log);
  EXPECT_FALSE(read_sweep(path).points.back().value.has_value());
  EXPECT_THAT(refusal(path, read_sweep, "\"log\"", "\"cubic\""), HasSubstr("scale"));
  EXPECT_THAT(refusal(path, read_sweep, "\"successes\":281", "\"successes\":301"),
              HasSubstr("points[0].successes"));
}

TEST(film_strip, puts_frames_side_by_side) {
  // Two frames of 2 x 1 pixels, one below the other within a frame.
  const std::vector<std::uint8_t> frames = {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4};
  const std::vector<std::uint8_t> strip = {1, 1, 1, 3, 3, 3, 2, 2, 2, 4, 4, 4};

  EXPECT_EQ(film_strip_png(frames, 2, 2, 1), encode_png(strip, 2, 2, 3));
  EXPECT_THROW((void)film_strip_png(frames, 3, 2, 1), invalid_input);
  EXPECT_THROW((void)film_strip_png({}, 0, 2, 1), invalid_input);
}

TEST(pictures_file, is_read_back_with_its_pictures) {
  const temporary_directory directory;
  const std::string path = directory / "pictures.json";
  write_raw(directory / "a.png", film_strip_png(testing::make_frames(4, 8, 1), 4, 8, 8));
  const std::vector<picture_record> pictures = {
      {.file = "a.png", .label = "sefa@1", .caption = "up", .frames = 4}};
  write_pictures(path, pictures);

  expect_round_trip(path, read_pictures, write_pictures);
  EXPECT_EQ(read_pictures(path).at(0).png, read_text(directory / "a.png"));
  EXPECT_THAT(refusal(path, read_pictures, "a.png", "../a.png"), HasSubstr("pictures[0].file"));
  EXPECT_THAT(refusal(path, read_pictures, "a.png", "b.png"), HasSubstr("b.png"));
  EXPECT_THAT(refusal(path, read_pictures, "\"frames\":4", "\"frames\":0"), HasSubstr("frames"));
  EXPECT_THAT(refusal(path, read_pictures, "\"frames\":4", "\"frames\":3"), HasSubstr("a.png"));
  write_raw(directory / "a.png", "GIF89a and so on, longer than a header");
  EXPECT_THAT(message_of<file_error>([&] { (void)read_pictures(path); }), HasSubstr("no PNG"));
}

TEST(training_curves, are_read_metric_by_metric) {
  const temporary_directory directory;
  const std::string path = directory / "metrics.jsonl";
  write_raw(path,
            "{\"step\":1,\"loss\":2.5}\n{\"step\":2,\"loss\":\"NaN\",\"rate\":0.1}\n"
            "{\"step\":3,\"loss\":0.");  // the last line is still being written

  const auto curves = read_training_curves(path, "train");

  ASSERT_THAT(curves, SizeIs(2));
  EXPECT_EQ(curves[0].metric, "loss");
  EXPECT_THAT(curves[0].steps, ElementsAre(1, 2));
  EXPECT_TRUE(std::isnan(curves[0].values[1]));
  EXPECT_THAT(curves[1].steps, ElementsAre(2));
  write_raw(path, "{\"step\":1}\nnonsense\n");
  EXPECT_THAT(message_of<file_error>([&] { (void)read_training_curves(path, "train"); }),
              HasSubstr("line 2"));
}

TEST(training_curves, are_thinned_by_means) {
  const training_curve curve{.steps = {1, 2, 3, 4, 5}, .values = {1, 3, 5, 7, 9}};

  EXPECT_THAT(thinned(curve, 2).values, ElementsAre(2, 7));
  EXPECT_THAT(thinned(curve, 2).steps, ElementsAre(2, 5));
  EXPECT_THAT(thinned(curve, 9).values, ElementsAre(1, 3, 5, 7, 9));
}

}  // namespace
}  // namespace flowkit::policy
