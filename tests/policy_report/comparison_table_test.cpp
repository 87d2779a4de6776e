#include <flowkit/core/error.hpp>
#include <flowkit/core/text.hpp>
#include <flowkit/policy/report/comparison_table.hpp>

#include <policy_report/synthetic_run.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace flowkit::policy {
namespace {

/// A run with the methods of these targets.
run_record make_run(std::string name, const std::vector<testing::target>& targets) {
  run_record out{.name = std::move(name), .info = testing::make_info()};
  for (const testing::target& t : targets) {
    out.evaluations.push_back(testing::make_evaluation(t));
  }
  sort_for_table(out.evaluations);
  return out;
}

std::ptrdiff_t lines_with(const std::string& table, std::string_view what) {
  std::ptrdiff_t count = 0;
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    if (std::string_view(table).substr(at, end - at).find(what) != std::string_view::npos) ++count;
    at = end + 1;
  }
  return count;
}

TEST(comparison_table, judges_the_student_by_teacher_and_plain_reflow) {
  const std::vector<run_record> runs{make_run("first", testing::usual_targets())};
  const std::vector<student_verdict> verdicts = student_verdicts(runs);
  ASSERT_EQ(verdicts.size(), 1U);
  const student_verdict& v = verdicts.front();
  EXPECT_EQ(v.run, "first");
  EXPECT_EQ(v.with_teacher.second, "base@100");
  EXPECT_EQ(v.with_plain.second, "reflow@1");
  // The synthetic distances are .106, .095 and .091 times common factors, with 10 % noise each.
  ASSERT_TRUE(v.with_plain.distances);
  EXPECT_NEAR(v.with_plain.distances->difference.mean, 0.095 - 0.106, 0.004);
  EXPECT_NEAR(v.gap_closed.value(), (0.106 - 0.095) / (0.106 - 0.091), 0.25);
  EXPECT_NEAR(v.latency_reduction.value(), 1 - 2.91 / 278, 0.001);
  EXPECT_EQ(v.acceptance, 0.913);
  EXPECT_GT(v.coverage.value(), 0.8);
}

TEST(comparison_table, has_three_lines_per_run_one_per_verdict_and_their_mean) {
  const std::vector<run_record> runs{make_run("first", testing::usual_targets()),
                                     make_run("second", testing::usual_targets())};
  const std::string table = comparison_markdown(runs);
  EXPECT_EQ(lines_with(table, "| first |"), 4);
  EXPECT_EQ(lines_with(table, "| second |"), 4);
  EXPECT_EQ(lines_with(table, "| mean |"), 1);
  EXPECT_EQ(lines_with(table, "guarded · spread"), 2);
  // Every line of a table has as many cells as its heading.
  std::size_t bars = 0;
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = table.find('\n', at);
    const std::string line = table.substr(at, end - at);
    const auto here = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
    if (line.empty()) {
      bars = 0;
    } else {
      EXPECT_TRUE(bars == 0 || bars == here) << line;
      bars = here;
    }
    at = end + 1;
  }
}

TEST(comparison_table, does_not_judge_by_evaluations_that_were_made_in_different_ways) {
  std::vector<run_record> runs{make_run("first", testing::usual_targets())};
  for (evaluation_result& r : runs[0].evaluations) {
    r.backend = "onednn";
    r.precision = r.method == "sefa" ? "bf16" : "f32";
  }

  EXPECT_TRUE(student_verdicts(runs).empty());
  EXPECT_EQ(lines_with(comparison_markdown(runs),
                       "first, reach_detour: sefa@1 and base@100 are not compared: they were "
                       "evaluated in different ways: precision bf16 and f32"),
            1);
}

TEST(comparison_table, closes_no_gap_between_different_windows) {
  std::vector<run_record> runs{make_run("first", testing::usual_targets())};
  ASSERT_EQ(runs[0].evaluations.back().method, "sefa");
  runs[0].evaluations.back().windows.offset.back() += 1;

  ASSERT_EQ(student_verdicts(runs).size(), 1U);
  EXPECT_FALSE(student_verdicts(runs)[0].gap_closed.has_value());
}

/// Every evaluation once more, of another training seed and with other distances.
void add_seed(run_record& run, std::optional<index_t> seed, double distances) {
  const std::vector<evaluation_result> before = run.evaluations;
  for (evaluation_result r : before) {
    r.training_seed = seed;
    r.policy_hash = text("policy of ", seed.value_or(-1), " by ", r.method);
    if (r.method == "sefa") {
      for (double& d : r.windows.distance) d *= distances;
    }
    run.evaluations.push_back(std::move(r));
  }
  sort_for_table(run.evaluations);
}

student_verdict verdict_of(const run_record& run) {
  const std::vector<student_verdict> all = student_verdicts({&run, 1});
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? student_verdict{} : all.front();
}

TEST(comparison_table, closes_the_gap_of_the_seed_that_it_compares) {
  run_record run = make_run("seeds", testing::usual_targets());
  const student_verdict alone = verdict_of(run);
  add_seed(run, 2, 3.0);

  const student_verdict v = verdict_of(run);

  EXPECT_EQ(v.with_plain.distances->difference.mean, alone.with_plain.distances->difference.mean);
  EXPECT_EQ(v.gap_closed, alone.gap_closed);
}

TEST(comparison_table, closes_the_gap_of_a_seed_that_all_have) {
  run_record run = make_run("seeds", testing::usual_targets());
  add_seed(run, 2, 0.9);
  const auto of_seed = [&](index_t seed) {
    run_record part = run;
    std::erase_if(part.evaluations,
                  [&](const evaluation_result& r) { return r.training_seed != seed; });
    return verdict_of(part).gap_closed;
  };
  const auto first = of_seed(1);
  const auto second = of_seed(2);
  ASSERT_NE(first, second);

  std::erase_if(run.evaluations, [](const evaluation_result& r) {
    return r.method == "reflow" && r.training_seed == 1;
  });

  EXPECT_EQ(verdict_of(run).gap_closed, second);
}

TEST(comparison_table, compares_the_seed_that_is_not_outdated) {
  run_record run = make_run("seeds", testing::usual_targets());
  add_seed(run, 2, 0.9);
  run_record later = run;
  for (evaluation_result& r : later.evaluations) {
    if (r.method == "sefa" && r.training_seed == 1) r.policy_hash = "student of yesterday";
  }
  later.outdated = {"student of yesterday"};

  EXPECT_GT(verdict_of(later).gap_closed.value(), verdict_of(run).gap_closed.value());
}

TEST(comparison_table, compares_an_unknown_seed_only_where_none_is_equal) {
  run_record run = make_run("seeds", testing::usual_targets());
  const student_verdict alone = verdict_of(run);
  add_seed(run, std::nullopt, 3.0);
  std::reverse(run.evaluations.begin(), run.evaluations.end());

  EXPECT_EQ(verdict_of(run).gap_closed, alone.gap_closed);
  std::erase_if(run.evaluations, [](const evaluation_result& r) {
    return r.method == "sefa" && r.training_seed.has_value();
  });
  EXPECT_LT(verdict_of(run).gap_closed.value(), alone.gap_closed.value());
}

TEST(comparison_table, shows_what_there_is) {
  const std::vector<run_record> runs{make_run("all", testing::usual_targets()),
                                     make_run("student", {testing::usual_targets().back()})};
  EXPECT_EQ(student_verdicts(runs).size(), 1U) << "a student alone has nothing to be judged by";
  const std::string table = comparison_markdown(runs);
  EXPECT_EQ(lines_with(table, "| student |"), 3);
  EXPECT_EQ(lines_with(table, "| mean |"), 0) << "of one verdict";
  EXPECT_EQ(student_verdicts({}).size(), 0U);
  EXPECT_NO_THROW((void)comparison_markdown({}));
}

}  // namespace
}  // namespace flowkit::policy
