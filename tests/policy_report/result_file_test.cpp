// results.json: what is written is read back, and hostile documents are refused by name.
#include "policy_report/synthetic_run.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace flowkit::policy {
namespace {

using ::flowkit::testing::message_of;
using ::flowkit::testing::read_text;
using ::flowkit::testing::temporary_directory;
using ::flowkit::testing::write_raw;
using ::testing::HasSubstr;

evaluation_result small_result() {
  return testing::make_evaluation({"sefa", 1, 0.9, 0.1, 0.2, 3, 0.5}, 20);
}

/// What is said about a document after `change`.
std::string refusal(const std::function<void(json_value&)>& change) {
  json_value document = to_json_value(small_result());
  change(document);
  return message_of<invalid_input>([&] { (void)evaluation_from_json(document); });
}

TEST(result_file, is_read_back_exactly) {
  const temporary_directory directory;
  const evaluation_result result = small_result();

  write_evaluation(directory / "results.json", result);
  const evaluation_result found = read_evaluation(directory / "results.json");

  EXPECT_EQ(to_json(to_json_value(found)), to_json(to_json_value(result)));
  EXPECT_EQ(found.latency_ms, result.latency_ms);
  EXPECT_EQ(found.following_ms, result.following_ms);
  EXPECT_EQ(found.episodes.at(7).seam, result.episodes.at(7).seam);
  EXPECT_EQ(found.expert_modes, result.expert_modes);
  EXPECT_EQ(directory.count(), 1);  // no temporary file is left
}

TEST(result_file, of_the_largest_evaluation_that_is_made_is_read_back) {
  const temporary_directory directory;
  const auto size = [](index_t n) { return static_cast<std::size_t>(n); };
  evaluation_result result = small_result();
  const episode_result one = result.episodes.front();
  result.episodes.clear();
  for (index_t i = 0; i < evaluation_limits::episodes; ++i) {
    result.episodes.push_back(one);
    result.episodes.back().seed = evaluation_limits::first_seed + i;
  }
  result.noise.assign(100, {.successes = 1, .episodes = evaluation_limits::episodes});
  const std::size_t windows = size(evaluation_limits::windows);
  const index_t chunks = evaluation_limits::latencies / max_horizon;
  result.windows.episode.assign(windows, evaluation_limits::episodes);
  result.windows.offset.assign(windows, max_horizon);
  result.windows.distance.assign(windows, 0.1 / 3);
  result.latency_ms.assign(size(chunks), 0.1 / 3);
  result.following_ms.assign(size(chunks * (max_horizon - 1)), 0.1 / 3);

  write_evaluation(directory / "results.json", result);
  const evaluation_result found = read_evaluation(directory / "results.json");

  EXPECT_EQ(found.episodes.back().seed, result.episodes.back().seed);
  EXPECT_EQ(found.windows.distance, result.windows.distance);
  EXPECT_EQ(found.following_ms, result.following_ms);
}

TEST(result_file, says_how_it_was_measured_or_that_it_is_not_known) {
  evaluation_result result = small_result();
  const json_value before = to_json_value(result);
  EXPECT_EQ(before.find("backend"), nullptr);  // as files of earlier versions
  EXPECT_EQ(before.find("observe"), nullptr);
  result.backend = "eigen";
  result.precision = "f32";
  result.largest_step = 0.5;
  result.observe = 2;

  const evaluation_result found = evaluation_from_json(to_json_value(result));

  EXPECT_EQ(found.backend, "eigen");
  EXPECT_EQ(found.precision, "f32");
  EXPECT_EQ(found.observe, 2);
  EXPECT_EQ(found.largest_step, 0.5);
  EXPECT_EQ(ways_apart(found, result), "");
  result.largest_step.reset();
  EXPECT_EQ(ways_apart(found, result), "largest step 0.5 and inf");
  EXPECT_EQ(ways_apart(found, small_result()), "");
}

TEST(result_file, equal_results_give_equal_bytes_with_a_member_per_line) {
  const temporary_directory directory;

  write_evaluation(directory / "a", small_result());
  write_evaluation(directory / "b", small_result());

  const std::string bytes = read_text(directory / "a");
  EXPECT_EQ(bytes, read_text(directory / "b"));
  EXPECT_LT(std::count(bytes.begin(), bytes.end(), '\n'), 30);
}

TEST(result_file, parts_that_were_not_measured_may_be_absent) {
  const evaluation_result found = evaluation_from_json(parse_json(
      R"({"format":"flowkit.evaluation","version":1,"task":"t","method":"base","new":[1]})"));

  EXPECT_TRUE(found.episodes.empty());
  EXPECT_FALSE(found.acceptance.has_value());
  EXPECT_EQ(label_of(found), "base@euler");
}

TEST(result_file, bad_members_are_refused_by_name) {
  EXPECT_THAT(refusal([](auto& d) { d.set("format", "other"); }), HasSubstr("format"));
  EXPECT_THAT(refusal([](auto& d) { d.set("version", 2); }), HasSubstr("version"));
  EXPECT_THAT(refusal([](auto& d) { d.set("task", nullptr); }), HasSubstr("task"));
  EXPECT_THAT(refusal([](auto& d) { d.set("steps", -1); }), HasSubstr("steps"));
  EXPECT_THAT(refusal([](auto& d) { d.set("steps", 1.5); }), HasSubstr("steps"));
  EXPECT_THAT(refusal([](auto& d) { d.set("acceptance", 1.5); }), HasSubstr("acceptance"));
  EXPECT_THAT(refusal([](auto& d) {
                d.set("latency_ms", json_array{1.0, "NaN"});
              }),
              HasSubstr("latency_ms[1]"));
  EXPECT_THAT(refusal([](auto& d) { d.set("episodes", json_array{json_object{}}); }),
              HasSubstr("episodes[0].seed"));
  EXPECT_THAT(refusal([](auto& d) { d.set("windows", json_value{}.set("distance", 1)); }),
              HasSubstr("windows.distance"));
  EXPECT_THAT(refusal([](auto& d) {
                d.set("windows", json_value{}.set("distance", json_array(1, json_value(1.0))));
              }),
              HasSubstr("windows.distance"));
  EXPECT_THAT(refusal([](auto& d) { d.set("expert_modes", json_value{}.set("left", "x")); }),
              HasSubstr("expert_modes.left"));
}

TEST(result_file, a_seed_that_occurs_twice_is_refused) {
  const json_value episode = json_value{}.set("seed", 3).set("success", true);

  EXPECT_THAT(refusal([&](auto& d) {
                d.set("episodes", json_array{episode, episode});
              }),
              HasSubstr("seed 3 occurs twice"));
}

TEST(result_file, a_long_text_in_a_wrong_place_does_not_become_a_long_message) {
  const std::string message = refusal([](auto& d) { d.set("format", std::string(100'000, 'x')); });

  EXPECT_LT(message.size(), 200U);
}

TEST(result_file, a_damaged_file_is_named) {
  const temporary_directory directory;
  write_raw(directory / "results.json", "{\"format\": 3}");

  const std::string message =
      message_of<file_error>([&] { (void)read_evaluation(directory / "results.json"); });

  EXPECT_THAT(message, HasSubstr("results.json"));
  EXPECT_THAT(message, HasSubstr("format"));
}

TEST(result_file, any_changed_bytes_are_read_or_refused) {
  const std::string whole = to_json(to_json_value(small_result()));
  testing::dice random(5);
  const auto below = [&random](std::size_t n) {
    return static_cast<std::size_t>(random.roll() * static_cast<double>(n));
  };
  int refused = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::string bytes = whole;
    for (std::size_t i = below(4) + 1; i > 0; --i) {
      bytes[below(bytes.size())] = static_cast<char>(below(256));
    }
    if (trial % 5 == 0) bytes.resize(below(bytes.size()));
    try {
      (void)evaluation_from_json(parse_json(bytes));
    } catch (const invalid_input&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace flowkit::policy
