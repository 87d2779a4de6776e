// What inspect, validate and convert say and do.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/convert.hpp>
#include <flowkit/policy/data/inspect.hpp>
#include <flowkit/policy/data/validate.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "policy_data/data_fixture.hpp"

namespace flowkit::policy {
namespace {

using flowkit::testing::golden;
using flowkit::testing::message_of;
using flowkit::testing::temporary_directory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ResultOf;

/// A field of two columns in memory: the frame number, and a constant.
demonstrations two_columns(float second) {
  std::vector<float> values;
  for (int frame = 0; frame < 6; ++frame) {
    values.push_back(static_cast<float>(frame));
    values.push_back(second);
  }
  const auto bytes = std::as_bytes(std::span(values));
  const array all(dtype::f32, {6, 2}, {bytes.begin(), bytes.end()});
  return {{field_in_memory("x", all)}, {2, 6}};
}

/// A field that does something before its first frames are read.
class interrupted_field final : public field_source {
 public:
  explicit interrupted_field(std::function<void()> first) : first_(std::move(first)) {}
  [[nodiscard]] const field_info& info() const override { return info_; }
  [[nodiscard]] index_t frames() const override { return 6; }
  [[nodiscard]] index_t block_frames() const override { return 6; }
  [[nodiscard]] frame_block load(index_t) const override {
    first_();
    auto zeros = std::make_shared<const std::vector<std::byte>>(6 * sizeof(float));
    return {0, 6, *zeros, zeros};
  }

 private:
  std::function<void()> first_;
  field_info info_{"x", dtype::f32, {}};
};

demonstrations demonstrations_that(std::function<void()> action) {
  return {{std::make_shared<const interrupted_field>(std::move(action))}, {2, 6}};
}

TEST(inspect, tells_lengths_ranges_and_constant_columns) {
  const data_summary summary = inspect(two_columns(3));

  EXPECT_EQ(summary.episodes, 2);
  EXPECT_EQ(summary.shortest, 2);
  EXPECT_EQ(summary.longest, 4);
  EXPECT_EQ(summary.mean_length, 3);
  const field_summary& field = summary.fields.at(0);
  EXPECT_EQ(field.minimum, 0);
  EXPECT_EQ(field.maximum, 5);
  EXPECT_EQ(field.mean, (15.0 + 6 * 3.0) / 12);  // small integers: exact
  EXPECT_THAT(field.constant, ElementsAre(1));
  EXPECT_THAT(field.minima, ElementsAre(0, 3));
}

TEST(inspect, counts_what_is_not_finite_and_leaves_it_out) {
  const data_summary summary = inspect(two_columns(NAN));

  EXPECT_EQ(summary.fields[0].not_finite, 6);
  EXPECT_EQ(summary.fields[0].mean, 2.5);
  EXPECT_THAT(to_text(summary), HasSubstr("NOT FINITE: 6 numbers"));
}

TEST(inspect, writes_a_table_and_a_document) {
  const data_summary summary = inspect(demonstrations(golden("formats/replay.zarr")));

  const json_value document = to_json_value(summary);

  EXPECT_THAT(to_text(summary), HasSubstr("3 episodes, 22 frames; lengths 6 to 9, mean 7.33333"));
  EXPECT_EQ(document.at("fields").as_array()[1].at("name").as_string(), "img");
  EXPECT_EQ(document.at("fields").as_array()[1].at("frame_shape").as_array().size(), 3U);
  EXPECT_EQ(document.at("frames").as_integer(), 22);
}

void expect_equal(const demonstrations& a, const demonstrations& b) {
  ASSERT_EQ(a.fields(), b.fields());
  EXPECT_THAT(a.episode_ends(), ::testing::ElementsAreArray(b.episode_ends()));
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    std::vector<std::byte> bytes[2];
    for (const int which : {0, 1}) {
      const demonstrations& data = which == 0 ? a : b;
      data.visit(i, {0, data.frames()}, [&](byte_view part) {
        bytes[which].insert(bytes[which].end(), part.begin(), part.end());
      });
    }
    EXPECT_EQ(bytes[0], bytes[1]) << a.fields()[i].name;
  }
}

TEST(convert, keeps_every_bit_between_directory_and_archive) {
  temporary_directory dir;
  const demonstrations original(golden("formats/replay.zarr"));

  convert(original, dir / "a.zarr.zip", {{compression::zlib, 6}, 500});
  convert(demonstrations(dir / "a.zarr.zip"), dir / "b.zarr", {{compression::none}, 1});
  convert(demonstrations(dir / "b.zarr"), dir / "c.zarr");

  for (const char* name : {"a.zarr.zip", "b.zarr", "c.zarr"}) {
    expect_equal(original, demonstrations(dir / name));
    EXPECT_THAT(validate_demonstrations(dir / name), IsEmpty());
  }
  EXPECT_EQ(dir.count(), 3);  // no temporary file is left
}

TEST(convert, keeps_attributes_and_values_per_episode) {
  temporary_directory dir;
  {
    demonstration_writer writer(dir / "d.zarr", testing::layout());
    testing::write_episodes(writer, {3, 4});
  }

  convert(demonstrations(dir / "d.zarr"), dir / "e.zarr.zip");

  const demonstrations copy(dir / "e.zarr.zip");
  EXPECT_EQ(to_json(copy.attributes()), to_json(testing::layout().attributes));
  EXPECT_EQ(copy.per_episode().at("seed").converted<std::int64_t>(),
            (std::vector<std::int64_t>{100, 101}));
}

TEST(convert, gives_a_directory_that_can_be_continued) {
  temporary_directory dir;
  {
    demonstration_writer writer(dir / "d.zarr", testing::layout());
    testing::write_episodes(writer, {3, 4});
  }
  convert(demonstrations(dir / "d.zarr"), dir / "e.zarr", testing::small_chunks());

  demonstration_writer writer(dir / "e.zarr", testing::layout());
  testing::write_episodes(writer, {2});

  testing::expect_reference(demonstrations(dir / "e.zarr"), 9);
}

TEST(convert, never_replaces_and_leaves_nothing_behind_when_it_fails) {
  temporary_directory dir;
  const demonstrations broken(golden("broken/zarr_chunk_truncated"));
  flowkit::testing::write_raw(dir / "there.zip", "x");

  EXPECT_THROW(convert(broken, dir / "there.zip"), file_error);
  EXPECT_THROW(convert(broken, dir / "new.zarr"), file_error);
  EXPECT_THROW(convert(broken, dir / "new.zarr.zip"), file_error);

  EXPECT_EQ(dir.count(), 1);
}

TEST(convert, of_two_at_once_one_is_refused) {
  for (const char* name : {"a.zip", "a.zarr"}) {
    temporary_directory dir;
    const std::string target = dir / name;
    // The other one ends while this one reads its data.
    demonstrations data = demonstrations_that([&] { convert(two_columns(2), target); });

    const auto message = message_of<file_error>([&] { convert(data, target); });

    EXPECT_THAT(message, ::testing::EndsWith(text(name, ": exists already")));
    expect_equal(two_columns(2), demonstrations(target));
    EXPECT_EQ(dir.count(), 1) << name;
  }
}

TEST(convert, refuses_targets_that_it_cannot_write_or_that_lie_in_the_source) {
  temporary_directory dir;
  convert(two_columns(3), dir / "a.zarr");
  const demonstrations data(dir / "a.zarr");

  const auto npz = message_of<file_error>([&] { convert(data, dir / "a.npz"); });
  EXPECT_THAT(npz, HasSubstr("a.npz: cannot be written as an npz file"));
  for (const char* inside : {"a.zarr/sub.zarr", "a.zarr/../a.zarr/data/sub.zip"}) {
    const auto message = message_of<file_error>([&] { convert(data, dir / inside); });
    EXPECT_THAT(message, HasSubstr("which is converted and stays as it is")) << inside;
  }
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir / "a.zarr");
  const auto relative = message_of<file_error>([&] { convert(data, "copy.zarr"); });
  std::filesystem::current_path(before);
  EXPECT_THAT(relative, HasSubstr("which is converted and stays as it is"));
  EXPECT_EQ(dir.count(), 1);
  EXPECT_NO_THROW(convert(data, dir / "a.zarr.copy"));  // beside it, however alike the names are
}

TEST(validate, finds_nothing_in_good_data) {
  EXPECT_THAT(validate_demonstrations(golden("formats/replay.zarr")), IsEmpty());
  EXPECT_THAT(validate_demonstrations(golden("formats/replay.zarr.zip")), IsEmpty());
}

TEST(validate, names_file_and_field_of_every_problem) {
  const auto lines = [](const char* name) {
    std::string out;
    for (const finding& one : validate_demonstrations(golden(name))) out += to_text(one) + "\n";
    return out;
  };

  EXPECT_THAT(lines("broken/zarr_chunk_truncated"),
              HasSubstr("broken/zarr_chunk_truncated: field action: data/action/"));
  EXPECT_THAT(lines("broken/zarr_bad_compressor"), HasSubstr("field action: data/action/.zarray: "
                                                             "the compressor \"nope\""));
  EXPECT_THAT(lines("broken/zarr_ends_decreasing"),
              HasSubstr("field episode_ends: episode 1 ends at frame 3, but must end after frame "
                        "5"));
  EXPECT_THAT(lines("broken/zarr_missing_chunk"), HasSubstr("note: "));
  EXPECT_THAT(lines("broken/zarr_missing_chunk"), HasSubstr("1 chunks are absent"));
  EXPECT_THAT(lines("nowhere"), HasSubstr("nowhere: cannot open"));
}

TEST(validate, finds_numbers_that_are_not_finite) {
  temporary_directory dir;
  convert(two_columns(INFINITY), dir / "d.zarr");

  const auto found = validate_demonstrations(dir / "d.zarr");

  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].field, "x");
  EXPECT_EQ(found[0].what, "6 numbers are not finite, the first at frame 0, number 1");
}

TEST(validate, notes_numbers_that_are_too_large_to_learn_from) {
  temporary_directory dir;
  convert(two_columns(-1e38F), dir / "d.zarr");

  const auto found = validate_demonstrations(dir / "d.zarr");

  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].level, severity::note);
  EXPECT_EQ(found[0].what,
            "6 numbers are above 1e+18 and cannot be learnt from, the first at frame 0, number 1");
}

TEST(expect_learnable, names_the_place_of_the_first_number_that_is_not) {
  EXPECT_NO_THROW(expect_learnable(two_columns(1e18F), {"x"}));
  for (const float wrong : {NAN, INFINITY, -2e18F}) {
    std::vector<float> values(6, 1);
    values[4] = wrong;
    const auto bytes = std::as_bytes(std::span(values));
    const array all(dtype::f32, {6}, {bytes.begin(), bytes.end()});
    const demonstrations data({field_in_memory("x", all)}, {3, 6});

    const auto message = message_of<file_error>([&] { expect_learnable(data, {"x"}); });

    EXPECT_THAT(message,
                HasSubstr(text("memory: field x: frame 4, number 0 is ", static_cast<double>(wrong),
                               " (episode 1): learning needs finite numbers")));
  }
}

}  // namespace
}  // namespace flowkit::policy
