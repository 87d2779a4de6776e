// Small data sets whose values tell where they come from.
#pragma once

#include <flowkit/core/rng.hpp>
#include <flowkit/policy/data/demonstration_writer.hpp>
#include <flowkit/policy/data/demonstrations.hpp>

#include <string>
#include <vector>

namespace flowkit::policy::testing {

inline constexpr index_t image_side = 6;
inline constexpr index_t image_channels = 3;
inline constexpr index_t image_numbers = image_side * image_side * image_channels;

/// Column c of the state at a frame of the data set.
inline float state_value(index_t frame, index_t column) {
  return static_cast<float>(frame) + 0.25F * static_cast<float>(column);
}
inline float action_value(index_t frame, index_t column) {
  return -static_cast<float>(frame) - 0.5F * static_cast<float>(column);
}
/// Number i of the image at a frame.
inline std::uint8_t pixel_value(index_t frame, index_t i) {
  return static_cast<std::uint8_t>((frame * 31 + i * 7) % 256);
}

/// One episode: frames first .. first + count - 1 of a data set with state [3], action [2], image.
struct episode_arrays {
  std::vector<float> state;
  std::vector<float> action;
  std::vector<std::uint8_t> image;
  std::vector<std::int64_t> seed;
  index_t count;

  episode_arrays(index_t first, index_t frames, std::int64_t seed_of_episode)
      : seed{seed_of_episode}, count(frames) {
    for (index_t frame = first; frame < first + count; ++frame) {
      for (index_t c = 0; c < 3; ++c) state.push_back(state_value(frame, c));
      for (index_t c = 0; c < 2; ++c) action.push_back(action_value(frame, c));
      for (index_t i = 0; i < image_numbers; ++i) image.push_back(pixel_value(frame, i));
    }
  }

  [[nodiscard]] std::vector<named_array_view> views() const {
    return {{"state", as_array(state, {count, 3})},
            {"action", as_array(action, {count, 2})},
            {"img", as_array(image, {count, image_side, image_side, image_channels})},
            {"seed", as_array(seed, {})}};
  }
};

inline demonstration_layout layout() {
  return {{{"state", dtype::f32, {3}},
           {"action", dtype::f32, {2}},
           {"img", dtype::u8, {image_side, image_side, image_channels}}},
          {{"seed", dtype::i64, {}}},
          json_object{{"task", "reach"}, {"hz", 20}}};
}

/// Writes episodes of these lengths; a chunk of images holds four frames.
inline void write_episodes(demonstration_writer& writer, const std::vector<index_t>& lengths) {
  for (const index_t length : lengths) {
    const episode_arrays episode(writer.frames(), length, 100 + writer.episodes());
    writer.append(episode.views());
  }
}

inline writer_options small_chunks(const compressor& how = {}) { return {how, 4 * image_numbers}; }

/// The same data set in memory.
inline demonstrations in_memory(const std::vector<index_t>& lengths,
                                const demonstration_options& options = {}) {
  std::vector<index_t> ends;
  index_t frames = 0;
  for (const index_t length : lengths) ends.push_back(frames += length);
  const episode_arrays all(0, frames, 0);
  std::vector<std::shared_ptr<const field_source>> fields;
  for (const named_array_view& one : all.views()) {
    if (one.name == "seed") continue;
    fields.push_back(
        field_in_memory(one.name, array(one.value.type(), one.value.shape(),
                                        {one.value.bytes().begin(), one.value.bytes().end()})));
  }
  return {std::move(fields), std::move(ends), {}, {}, "memory", options};
}

/// Whether a data set holds the frames that `episode_arrays` makes.
inline void expect_reference(const demonstrations& data, index_t frames) {
  const auto state = data.read_all<float>("state");
  const auto action = data.read_all<float>("action");
  const auto image = data.read_all<std::uint8_t>("img");
  const episode_arrays expected(0, frames, 0);
  EXPECT_EQ(data.frames(), frames);
  EXPECT_EQ(state, expected.state);
  EXPECT_EQ(action, expected.action);
  EXPECT_EQ(image, expected.image);
}

}  // namespace flowkit::policy::testing
