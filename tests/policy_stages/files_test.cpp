#include "toy_task.hpp"

#include <gtest/gtest.h>
#include <support/mutate.hpp>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::message_of;
using flowkit::testing::read_text;

/// Numbers of two windows and three couplings.
struct few_couplings {
  std::vector<float> noise = std::vector<float>(3 * 8, 0.5F);
  std::vector<float> end_points = std::vector<float>(3 * 8, 1.5F);
  std::vector<std::int32_t> window{0, 0, 1};
  std::vector<std::int32_t> evaluations{14, 20, 26};
  std::vector<float> conditions = std::vector<float>(2 * 3, -1.0F);
  std::vector<float> experts = std::vector<float>(2 * 8, 2.0F);
  std::vector<std::int32_t> episode{0, 4};
  std::vector<std::int32_t> offset{3, 0};
  std::vector<std::int32_t> mode{-1, 2};

  [[nodiscard]] couplings_view view() const {
    couplings_view v{.chunk = 8, .condition = 3};
    v.noise = noise;
    v.end_points = end_points;
    v.window = window;
    v.evaluations = evaluations;
    v.conditions = conditions;
    v.experts = experts;
    v.episode = episode;
    v.offset = offset;
    v.mode = mode;
    return v;
  }
};

couplings_header header() {
  couplings_header h;
  h.specification.horizon = 4;
  h.specification.execute = 2;
  h.specification.action = {"x", "y"};
  h.specification.state = {"s"};
  h.policy = "policy hash";
  h.data = "data hash";
  h.seed = ~std::uint64_t{0};
  h.noises = 2;
  h.failed = 1;
  return h;
}

TEST(CouplingsFile, GivesBackWhatWasWritten) {
  const temporary_directory folder;
  const few_couplings numbers;

  write_couplings(folder / "c.safetensors", header(), numbers.view());
  const couplings_file file(folder / "c.safetensors");

  EXPECT_EQ(file.header().specification, header().specification);
  EXPECT_EQ(file.header().solver, header().solver);
  EXPECT_EQ(file.header().seed, header().seed);
  EXPECT_EQ(file.header().failed, 1);
  const couplings_view& v = file.numbers();
  EXPECT_EQ(v.condition, 3);
  EXPECT_TRUE(std::equal(v.window.begin(), v.window.end(), numbers.window.begin()));
  EXPECT_TRUE(std::equal(v.mode.begin(), v.mode.end(), numbers.mode.begin()));
  EXPECT_TRUE(std::equal(v.experts.begin(), v.experts.end(), numbers.experts.begin()));
}

TEST(CouplingsFile, RefusesRowsThatDoNotExist) {
  const temporary_directory folder;
  few_couplings numbers;
  numbers.window[2] = 2;
  write_couplings(folder / "c.safetensors", header(), numbers.view());

  const std::string message =
      message_of<file_error>([&] { const couplings_file file(folder / "c.safetensors"); });

  EXPECT_NE(message.find("window[2] is 2"), std::string::npos);
  EXPECT_NE(message.find("c.safetensors"), std::string::npos);
}

TEST(CouplingsFile, RefusesToWriteNumbersThatDoNotFitEachOther) {
  const temporary_directory folder;
  few_couplings numbers;
  numbers.experts.pop_back();

  EXPECT_THROW(write_couplings(folder / "c.safetensors", header(), numbers.view()), invalid_input);
}

TEST(CouplingsFile, MutantsAreReadOrRefusedNeverTrusted) {
  const temporary_directory folder;
  write_couplings(folder / "c.safetensors", header(), few_couplings().view());
  const std::string good = read_text(folder / "c.safetensors");
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) {
    flowkit::testing::write_raw(folder / "m.safetensors", flowkit::testing::mutate(good, random));
    try {
      const couplings_file file(folder / "m.safetensors");
      const couplings_view& v = file.numbers();
      for (const std::int32_t w : v.window) ASSERT_LT(w, v.windows());
      ASSERT_EQ(static_cast<index_t>(v.end_points.size()), v.size() * v.chunk);
    } catch (const file_error& problem) {
      EXPECT_NE(std::string(problem.what()).find("m.safetensors"), std::string::npos);
    }
  }
}

TEST(AlignmentFile, MutantsAreReadOrRefusedNeverTrusted) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const std::string policy = quick_policy(be, data, folder / "base");
  couple_options o = toy_couple();
  o.windows = 2;
  const std::string couplings =
      couple(be, policy, data, toy_selection(), o, folder / "couple").couplings;
  const std::string good =
      read_text(align(be, policy, couplings, identity_alignment{}, folder / "align").aligned);
  std::mt19937 random(4);
  for (int i = 0; i < 500; ++i) {
    flowkit::testing::write_raw(folder / "m.safetensors", flowkit::testing::mutate(good, random));
    try {
      const alignment_file file(folder / "m.safetensors");
      ASSERT_EQ(file.reason().size(), file.window().size());
    } catch (const file_error& problem) {
      EXPECT_NE(std::string(problem.what()).find("m.safetensors"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace flowkit::policy
