#include "toy_task.hpp"

#include <gtest/gtest.h>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::message_of;

demonstrations named_data(json_value attributes) {
  const std::vector<float> numbers{1, 2, 3, 4};
  std::vector<std::shared_ptr<const field_source>> fields{
      field_in_memory("action", bytes_array(dtype::f32, {2, 2}, std::as_bytes(std::span(numbers)))),
      field_in_memory(
          "depth", bytes_array(dtype::f32, {2}, std::as_bytes(std::span(numbers).subspan(0, 2))))};
  return {std::move(fields), {2}, {}, std::move(attributes)};
}

TEST(DataSelection, NamesDimensionsByFieldUnlessTheDataSetDoes) {
  const data_selection s{.state = {"depth"}, .horizon = 8, .execute = 4};

  EXPECT_EQ(spec_of(named_data({}), s).action, (std::vector<std::string>{"action.0", "action.1"}));
  EXPECT_EQ(spec_of(named_data({}), s).state, (std::vector<std::string>{"depth"}));
  const json_value names = json_object{{"action", json_array{"x", "y"}}};
  EXPECT_EQ(spec_of(named_data(json_object{{"dimensions", names}}), s).action,
            (std::vector<std::string>{"x", "y"}));
}

TEST(DataSelection, RefusesNamesThatDoNotFitAndFieldsThatAreNoCamera) {
  const json_value names = json_object{{"action", json_array{"x"}}};
  const demonstrations data = named_data(json_object{{"dimensions", names}});
  const data_selection s{.state = {"depth"}, .horizon = 8, .execute = 4};
  data_selection camera = s;
  camera.cameras = {"depth"};

  EXPECT_NE(message_of<invalid_input>([&] { (void)spec_of(data, s); }).find("names 1"),
            std::string::npos);
  EXPECT_NE(
      message_of<invalid_input>([&] { (void)spec_of(named_data({}), camera); }).find("no camera"),
      std::string::npos);
}

TEST(DataSelection, SplitsEpisodesApartAndLimitsThoseOfTraining) {
  const demonstrations data = toy_data({.episodes = 10});
  data_selection s = toy_selection();
  const episode_split all = split_of(data, s);
  s.episodes = 3;

  const episode_split few = split_of(data, s);

  EXPECT_EQ(all.validation.size(), 2u);
  EXPECT_EQ(all.train.size(), 8u);
  EXPECT_EQ(few.validation, all.validation);
  EXPECT_EQ(few.train, std::vector<index_t>(all.train.begin(), all.train.begin() + 3));
}

TEST(DataSelection, NormalizersKnowTrainingEpisodesOnly) {
  // One episode has an action a thousand times larger; it must not count where it is put aside.
  const demonstrations data = toy_data({.episodes = 10});
  const data_selection s = toy_selection();
  const episode_split split = split_of(data, s);
  double largest = 0;
  for (const index_t e : split.train) {
    std::vector<float> actions(toy_task::length * 2);
    data.read<float>(data.field("action"), data.episode(e), actions);
    for (std::size_t i = 0; i < actions.size(); i += 2) {
      largest = std::max(largest, static_cast<double>(actions[i]));
    }
  }

  const policy_normalizers n = fit_normalizers(data, s, {}, state_normalization());

  EXPECT_EQ(n.action.statistics().maximum[0], largest);
  EXPECT_EQ(n.action.statistics().count,
            static_cast<index_t>(split.train.size()) * toy_task::length);
}

TEST(DataSelection, FingerprintNamesContentsNotStorage) {
  EXPECT_EQ(toy_data().fingerprint(), toy_data().fingerprint());
  EXPECT_NE(toy_data().fingerprint(), toy_data({.seed = 2}).fingerprint());
  EXPECT_NE(toy_data({.episodes = 4}).fingerprint(), toy_data({.episodes = 6}).fingerprint());
}

TEST(DataSelection, FingerprintSeesEveryPixelOfEveryFrame) {
  constexpr index_t frames = 6;
  const array_shape shape{frames, 40, 40, 3};  // 4800 bytes per frame, as pictures have
  const auto with = [&](std::size_t bright) {
    std::vector<std::byte> pixels(static_cast<std::size_t>(frames * 4800));
    pixels[bright] = std::byte{255};
    return demonstrations({field_in_memory("front", array(dtype::u8, shape, std::move(pixels)))},
                          {3, frames})
        .fingerprint();
  };

  EXPECT_EQ(with(0), with(0));
  EXPECT_NE(with(0), with(4800 * frames - 1));
  EXPECT_NE(with(4800), with(4801)) << "a frame that is not the first of its episode";
}

}  // namespace
}  // namespace flowkit::policy
