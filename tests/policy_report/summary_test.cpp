// Rows of tables and comparisons, from episodes counted by hand.
#include <flowkit/core/error.hpp>
#include <flowkit/policy/evaluation/summary.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace flowkit::policy {
namespace {

using ::testing::ElementsAre;

/// A result with the given outcomes for seeds 0, 1, ...
evaluation_result result_of(const std::string& method, const std::vector<bool>& outcomes) {
  evaluation_result out{.task = "t", .method = method, .steps = 1};
  for (const bool success : outcomes) {
    out.episodes.push_back({.seed = static_cast<index_t>(out.episodes.size()),
                            .success = success,
                            .chunks = 2,
                            .evaluations = 1});
  }
  return out;
}

TEST(summarize, adds_up_what_was_measured) {
  evaluation_result result = result_of("sefa", {true, true, false, true});
  result.episodes[0].seam = 0.2;
  result.episodes[1].seam = 0.4;
  result.episodes[0].evaluations = 4;
  result.episodes[0].chunks = 6;
  result.episodes[2].observed = 200;
  result.episodes[2].outside = 8;
  result.episodes[2].clipped = 3;
  result.episodes[3].guarded = 2;
  result.episodes[3].mode = "left";
  result.windows = {{0, 0, 1}, {0, 1, 0}, {1, 2, 6}};
  result.latency_ms = {1, 2, 3};
  result.following_ms = {0.1, 0.3, 0.2};
  result.noise = {{1, 9, 10}, {2, 7, 10}};

  const method_summary row = summarize({&result, 1});

  EXPECT_EQ(row.label, "sefa@1");
  EXPECT_EQ(row.success, (proportion{3, 4}));
  EXPECT_EQ(row.success_range, wilson_interval({3, 4}));
  EXPECT_DOUBLE_EQ(row.seam.value(), 0.3);
  EXPECT_DOUBLE_EQ(row.distance.value(), 3);
  EXPECT_DOUBLE_EQ(row.evaluations.value(), (4 * 6 + 3 * 2) / 12.0);
  EXPECT_DOUBLE_EQ(row.outside.value(), 8 / 200.0);
  EXPECT_DOUBLE_EQ(row.clipped.value(), 3 / 200.0);
  EXPECT_DOUBLE_EQ(row.latency->p50, 2);
  EXPECT_DOUBLE_EQ(row.following->p50, 0.2);
  EXPECT_EQ(row.over_noise, (interval{0.7, 0.9}));
  EXPECT_EQ(row.guarded, 2);
  EXPECT_THAT(row.modes, ElementsAre(mode_count{"left", 1}));
}

// Episodes 0 and 1 of 4 are the starts of the repetitions; on all four the share is another.
TEST(summarize, the_range_over_noise_has_its_own_seed_on_the_starts_of_the_repetitions) {
  evaluation_result result = result_of("sefa", {true, true, false, false});
  result.noise = {{1, 0, 2}, {2, 1, 2}};
  const method_summary row = summarize({&result, 1});
  result.noise = {{1, 0, 5}, {2, 1, 5}};
  const method_summary longer = summarize({&result, 1});
  result.noise = {{1, 1, 2}};
  const method_summary one = summarize({&result, 1});

  EXPECT_TRUE(row.own_noise);
  EXPECT_EQ(row.over_noise, (interval{0, 1}));
  EXPECT_FALSE(longer.own_noise);
  EXPECT_EQ(longer.over_noise, (interval{0, 0.2}));
  EXPECT_EQ(one.over_noise, (interval{0.5, 1}));
}

TEST(summarize, what_was_not_measured_stays_empty) {
  const evaluation_result result{.task = "t", .method = "base", .steps = 10};

  const method_summary row = summarize({&result, 1});

  EXPECT_TRUE(std::isnan(row.success.share()));
  for (const auto& part : {row.distance, row.seam, row.acceptance, row.evaluations, row.clipped}) {
    EXPECT_FALSE(part.has_value());
  }
  EXPECT_FALSE(row.latency || row.over_seeds || row.over_noise);
}

TEST(summarize, training_seeds_are_pooled_and_their_spread_is_kept) {
  const std::vector<evaluation_result> results = {result_of("sefa", {true, true, true, true}),
                                                  result_of("sefa", {true, false, true, false})};

  const method_summary row = summarize(results);

  EXPECT_EQ(row.success, (proportion{6, 8}));
  EXPECT_EQ(row.over_seeds->count, 2);
  EXPECT_DOUBLE_EQ(row.over_seeds->mean, 0.75);
}

TEST(summarize, different_rows_are_refused) {
  const std::vector<evaluation_result> results = {result_of("sefa", {true}),
                                                  result_of("base", {true})};

  EXPECT_THROW((void)summarize(results), invalid_input);
  EXPECT_THROW((void)summarize({}), invalid_input);
}

TEST(compare_methods, pairs_by_seed_whatever_the_order) {
  const evaluation_result first = result_of("sefa", {true, true, false, false, true});
  evaluation_result second = result_of("base", {true, false, true, false});
  std::swap(second.episodes[0], second.episodes[3]);

  const method_comparison pair = compare_methods(first, second);

  EXPECT_EQ(pair.outcomes, (paired_outcomes{1, 1, 1, 1}));  // seed 4 has no partner
  EXPECT_EQ(pair.mcnemar_p, 1);
  EXPECT_FALSE(pair.distances.has_value());
}

TEST(compare_methods, windows_are_compared_by_episode_if_they_are_the_same) {
  evaluation_result first = result_of("sefa", {true});
  evaluation_result second = result_of("base", {true});
  first.windows = {{4, 4, 9}, {0, 1, 0}, {1, 2, 5}};
  second.windows = {{4, 4, 9}, {0, 1, 0}, {3, 4, 5}};

  const method_comparison pair = compare_methods(first, second);
  second.windows.offset[0] = 7;

  EXPECT_EQ(pair.distances->units, 2);
  EXPECT_EQ(pair.distances->first_closer, 1);
  EXPECT_DOUBLE_EQ(pair.distances->difference.mean, -1);
  EXPECT_FALSE(compare_methods(first, second).distances.has_value());
}

// With a horizon of 16, 2 steps observed and 8 executed leave windows at the same places of an
// episode as 1 observed and 9 executed, but their chunks begin one step apart.
TEST(compare_methods, windows_with_chunks_that_begin_elsewhere_are_not_the_same) {
  evaluation_result first = result_of("sefa", {true});
  first.windows = {{4, 4, 9}, {0, 1, 0}, {1, 2, 5}};
  first.horizon = 16;
  first.observe = 2;
  first.executed = 8;
  evaluation_result second = first;
  const bool equal = compare_methods(first, second).distances.has_value();
  second.observe = 1;
  evaluation_result unknown = first;  // of an earlier version
  unknown.observe = 0;
  evaluation_result longer = unknown;
  longer.executed = 9;

  EXPECT_TRUE(equal);
  EXPECT_FALSE(compare_methods(first, second).distances.has_value());
  EXPECT_TRUE(compare_methods(unknown, unknown).distances.has_value());
  EXPECT_FALSE(compare_methods(unknown, longer).distances.has_value());
}

TEST(compare_methods, different_tasks_are_refused) {
  evaluation_result other = result_of("base", {true});
  other.task = "u";

  EXPECT_THROW((void)compare_methods(result_of("sefa", {true}), other), invalid_input);
}

TEST(latency_reduction, is_the_share_that_is_saved) {
  evaluation_result slow = result_of("base", {true});
  evaluation_result fast = result_of("sefa", {true});
  slow.latency_ms = {200};
  fast.latency_ms = {3};
  const method_summary first = summarize({&fast, 1});

  EXPECT_DOUBLE_EQ(latency_reduction(first, summarize({&slow, 1})).value(), 0.985);
  slow.latency_ms.clear();
  EXPECT_FALSE(latency_reduction(first, summarize({&slow, 1})).has_value());
}

TEST(gap_closed, is_the_share_of_the_way_to_the_teacher) {
  const auto at = [](std::optional<double> distance) {
    return method_summary{.distance = distance};
  };

  EXPECT_DOUBLE_EQ(gap_closed(at(0.25), at(0.5), at(0.125)).value(), 2 / 3.0);
  EXPECT_DOUBLE_EQ(gap_closed(at(0.75), at(0.5), at(0.25)).value(), -1);
  EXPECT_FALSE(gap_closed(at(0.1), at(0.2), at(0.2)).has_value());
  EXPECT_FALSE(gap_closed(at(0.1), at(std::nullopt), at(0.2)).has_value());
}

TEST(label_of, names_method_and_solver) {
  EXPECT_EQ(label_of({.method = "sefa", .steps = 1}), "sefa@1");
  EXPECT_EQ(label_of({.method = "base", .solver = "dormand_prince", .steps = 0}), "base@adaptive");
  EXPECT_EQ(label_of({.method = "expert", .solver = "", .steps = 0}), "expert");
}

}  // namespace
}  // namespace flowkit::policy
