// Data sets as other programs wrote them, as fields of one interface.
#include <flowkit/core/error.hpp>
#include <flowkit/io/npy.hpp>
#include <flowkit/io/npz.hpp>
#include <flowkit/policy/data/demonstrations.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "policy_data/data_fixture.hpp"

namespace flowkit::policy {
namespace {

using flowkit::testing::golden;
using flowkit::testing::message_of;
using flowkit::testing::temporary_directory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class reference_replay : public ::testing::TestWithParam<const char*> {};

TEST_P(reference_replay, is_read_bit_for_bit) {
  const demonstrations data(golden(GetParam()));

  ASSERT_EQ(data.fields().size(), 3U);
  EXPECT_THAT(data.episode_ends(), ElementsAre(6, 15, 22));
  EXPECT_EQ(data.fields()[1], (field_info{"img", dtype::u8, {8, 8, 3}}));
  for (const char* name : {"action", "state"}) {
    const array expected = read_npy(golden(text("formats/expected/replay_", name, ".npy")));
    EXPECT_EQ(data.read_all<float>(name), expected.converted<float>()) << name;
  }
  const array images = read_npy(golden("formats/expected/replay_img.npy"));
  EXPECT_EQ(data.read_all<std::uint8_t>("img"), images.converted<std::uint8_t>());
}

INSTANTIATE_TEST_SUITE_P(stores, reference_replay,
                         ::testing::Values("formats/replay.zarr", "formats/replay.zarr.zip"),
                         [](const auto& one) {
                           return std::string(one.param).ends_with("zip") ? "zip" : "directory";
                         });

TEST(demonstrations, read_parts_that_cross_blocks) {
  const demonstrations data(golden("formats/replay.zarr"));
  const auto all = data.read_all<std::uint8_t>("img");
  std::vector<std::uint8_t> part(13 * 192);

  data.read<std::uint8_t>(data.field("img"), {8, 13}, part);

  EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + 8 * 192));
}

TEST(demonstrations, of_npz_files_are_found_by_name) {
  temporary_directory dir;
  const std::vector<float> action(10, 1.5F);
  const std::vector<std::int32_t> ends{2, 5};
  const std::vector<std::int64_t> seed{7, 8};
  const std::vector<named_array_view> arrays{{"data/action", as_array(action, {5, 2})},
                                             {"meta/episode_ends", as_array(ends, {2})},
                                             {"seed", as_array(seed, {2})}};
  write_npz(dir / "demo.npz", arrays);

  const demonstrations data(dir / "demo.npz");

  EXPECT_EQ(data.episodes(), 2);
  EXPECT_EQ(data.read_all<float>("action"), action);
  EXPECT_EQ(data.per_episode().at("seed").converted<std::int64_t>(), seed);
}

TEST(demonstrations, refuse_npz_files_above_the_memory_allowed) {
  temporary_directory dir;
  const std::vector<float> action(1000);
  const std::vector<std::int64_t> ends{1000};
  const std::vector<named_array_view> arrays{{"action", as_array(action, {1000})},
                                             {"episode_ends", as_array(ends, {1})}};
  write_npz(dir / "demo.npz", arrays, npz_compression::deflate);

  const auto message = message_of<file_error>([&] {
    (void)demonstrations(dir / "demo.npz", {.cache_bytes = 1000, .resident_bytes = 1000});
  });

  EXPECT_THAT(message, HasSubstr("2000 bytes are allowed"));
}

TEST(demonstrations, name_the_fields_there_are) {
  const demonstrations data = testing::in_memory({4});

  const auto message = message_of<invalid_input>([&] { (void)data.field("image"); });

  EXPECT_THAT(message, HasSubstr("no field \"image\"; it has action, img, state"));
}

TEST(demonstrations, refuse_ranges_that_do_not_exist) {
  const demonstrations data = testing::in_memory({4});
  std::vector<float> room(9);

  for (const frame_range range : {frame_range{-1, 3}, {2, 3}, {0, -1}, {index_t{1} << 62, 3}}) {
    EXPECT_THROW(data.read<float>(data.field("state"), range, room), invalid_input) << range.first;
  }
  EXPECT_THROW(data.read<float>(data.field("state"), {0, 2}, room), invalid_input);
  EXPECT_THROW((void)data.episode(1), invalid_input);
}

TEST(demonstrations, refuse_ends_that_do_not_fit) {
  const auto with_ends = [](std::vector<index_t> ends) {
    (void)demonstrations({field_in_memory("x", array(dtype::f32, {8, 2}))}, std::move(ends));
  };

  EXPECT_THROW(with_ends({}), invalid_input);
  EXPECT_THROW(with_ends({0, 3}), invalid_input);
  EXPECT_THROW(with_ends({3, 3}), invalid_input);
  EXPECT_THROW(with_ends({3, 9}), invalid_input);
  EXPECT_NO_THROW(with_ends({3, 5}));
}

TEST(demonstrations, refuse_values_per_episode_that_do_not_fit) {
  const auto with = [](const std::string& name, array_shape shape) {
    (void)demonstrations({field_in_memory("x", array(dtype::f32, {8, 2}))}, {3, 5},
                         {{name, array(dtype::i64, std::move(shape))}});
  };

  for (const char* name : {"", "../../x", "a/b", ".hidden", "episode_ends"}) {
    EXPECT_THROW(with(name, {2}), invalid_input) << name;
  }
  for (const array_shape& shape : {array_shape{}, array_shape{3}, array_shape{1, 2}}) {
    EXPECT_THROW(with("seed", shape), invalid_input);
  }
  EXPECT_NO_THROW(with("seed", {2}));
  EXPECT_NO_THROW(with("seed", {2, 3}));
}

/// Counts how often it is decoded. Every byte of a frame is the number of the frame.
class counted_field final : public field_source {
 public:
  explicit counted_field(index_t frame_bytes) : info_{"x", dtype::u8, {frame_bytes}} {}

  [[nodiscard]] const field_info& info() const override { return info_; }
  [[nodiscard]] index_t frames() const override { return 20; }
  [[nodiscard]] index_t block_frames() const override { return 5; }
  [[nodiscard]] frame_block load(index_t block) const override {
    ++loads;
    auto bytes = std::make_shared<std::vector<std::byte>>();
    for (index_t frame = block * 5; frame < block * 5 + 5; ++frame) {
      bytes->insert(bytes->end(), static_cast<std::size_t>(info_.width()),
                    static_cast<std::byte>(frame));
    }
    return {block * 5, 5, *bytes, bytes};
  }

  mutable std::atomic<int> loads = 0;

 private:
  field_info info_;
};

constexpr index_t wide = 10'000;         // an image: decoded when needed
constexpr index_t five_wide = 5 * wide;  // a block of them

std::uint8_t first_byte(const demonstrations& data, index_t frame) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(data.fields()[0].width()));
  data.read<std::uint8_t>(0, {frame, 1}, out);
  return out.front();
}

TEST(demonstrations, decode_a_block_once_while_it_fits) {
  const auto field = std::make_shared<counted_field>(wide);
  const demonstrations data({field}, {20}, {}, {}, "memory", {.cache_bytes = 2 * five_wide});

  for (const index_t frame : {0, 4, 7, 2, 9}) EXPECT_EQ(first_byte(data, frame), frame);

  EXPECT_EQ(field->loads, 2);
}

TEST(demonstrations, drop_the_block_that_was_used_longest_ago) {
  const auto field = std::make_shared<counted_field>(wide);
  const demonstrations data({field}, {20}, {}, {}, "memory", {.cache_bytes = 2 * five_wide});

  for (const index_t frame : {0, 5, 1, 10, 2}) EXPECT_EQ(first_byte(data, frame), frame);
  EXPECT_EQ(field->loads, 3);
  EXPECT_EQ(first_byte(data, 6), 6);  // went for the block of frame 10

  EXPECT_EQ(field->loads, 4);
}

TEST(demonstrations, work_with_a_cache_smaller_than_a_block) {
  const auto field = std::make_shared<counted_field>(wide);
  const demonstrations data({field}, {20}, {}, {}, "memory", {.cache_bytes = 1});

  for (const index_t frame : {0, 1, 5, 0}) EXPECT_EQ(first_byte(data, frame), frame);

  EXPECT_EQ(field->loads, 3);
}

TEST(demonstrations, keep_narrow_fields_whole_within_their_budget) {
  const auto narrow = std::make_shared<counted_field>(4);
  const demonstrations kept({narrow}, {20}, {}, {}, "memory", {.cache_bytes = 1});
  for (const index_t frame : {0, 19, 0, 7, 12}) EXPECT_EQ(first_byte(kept, frame), frame);
  EXPECT_EQ(narrow->loads, 4);

  const auto other = std::make_shared<counted_field>(4);
  const demonstrations dropped({other}, {20}, {}, {}, "memory",
                               {.cache_bytes = 1, .resident_bytes = 79});
  for (const index_t frame : {0, 19, 0}) EXPECT_EQ(first_byte(dropped, frame), frame);

  EXPECT_EQ(other->loads, 3);
}

TEST(demonstrations, are_read_by_several_threads) {
  const auto field = std::make_shared<counted_field>(wide);
  const demonstrations data({field}, {20}, {}, {}, "memory", {.cache_bytes = five_wide});
  std::atomic<int> wrong = 0;

  std::vector<std::thread> threads;
  for (index_t start = 0; start < 4; ++start) {
    threads.emplace_back([&, start] {
      for (index_t i = 0; i < 200; ++i) {
        const index_t frame = (start * 7 + i * 3) % 20;
        wrong += first_byte(data, frame) == frame ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace flowkit::policy
