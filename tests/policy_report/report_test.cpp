// The page: well formed, complete, escaped, in need of nothing, and honest about what is missing.
#include "policy_report/synthetic_run.hpp"
#include "support/files.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/evaluation/result_file.hpp>
#include <flowkit/policy/evaluation/summary.hpp>
#include <flowkit/policy/report/comparison.hpp>
#include <flowkit/policy/report/report.hpp>
#include <flowkit/policy/report/run_record.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <limits>
#include <regex>
#include <set>

namespace flowkit::policy {
namespace {

using ::flowkit::testing::read_text;
using ::flowkit::testing::temporary_directory;
using ::flowkit::testing::write_raw;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Elements nest, attributes are quoted, and neither "<" nor "&" stands alone, as in XML.
void expect_well_formed(const std::string& page) {
  static const std::string doctype = "<!DOCTYPE html>\n";
  ASSERT_EQ(page.rfind(doctype, 0), 0U);
  std::vector<std::string> open;
  std::size_t at = doctype.size();
  while ((at = page.find('<', at)) != page.npos) {
    const std::size_t end = page.find('>', at);
    ASSERT_NE(end, page.npos);
    const std::string tag = page.substr(at + 1, end - at - 1);
    ASSERT_EQ(tag.find('<'), tag.npos) << tag;
    ASSERT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag;
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag.front() == '/') {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ("/" + open.back(), tag);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    at = end;
  }
  EXPECT_TRUE(open.empty());
  const std::regex lone_ampersand("&(?!(amp|lt|gt|quot);)");
  EXPECT_FALSE(std::regex_search(page, lone_ampersand));
}

std::set<std::string> all_matches(const std::string& page, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> out;
  for (std::sregex_iterator i(page.begin(), page.end(), expression), end; i != end; ++i) {
    out.insert((*i)[1]);
  }
  return out;
}

/// The page without the pieces that begin with `open`, up to and with `close`. A loop, because an
/// expression that matches long pieces recurses for every character of them.
std::string without(std::string_view page, std::string_view open, char close) {
  std::string kept;
  while (true) {
    const std::size_t begin = page.find(open);
    kept += page.substr(0, begin);
    if (begin == page.npos) return kept;
    const std::size_t end = page.find(close, begin + open.size());
    if (end == page.npos) return kept;
    page.remove_prefix(end + 1);
    kept += ' ';
  }
}

/// Everything that can load or run something is absent.
void expect_self_contained(const std::string& page) {
  for (const char* word : {"<script", "<link", "<iframe", "javascript:", "@import", " onload"}) {
    EXPECT_EQ(page.find(word), page.npos) << word;
  }
  for (const std::string& address : all_matches(page, "(?:href|src)=\"([^\"]{0,24})")) {
    const bool inside = address.front() == '#' || address.rfind("data:image/png;base64,", 0) == 0;
    EXPECT_TRUE(inside) << address;
  }
  for (const std::string& address : all_matches(page, "url\\(([^)]{0,24})")) {
    EXPECT_EQ(address.rfind("data:image/png;base64,", 0), 0U) << address;
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

class written_run : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::write_run(directory.path());
    page = read_text(write_report(directory.path()));
  }

  temporary_directory directory;
  std::string page;
};

TEST_F(written_run, has_a_page_that_is_well_formed_and_needs_nothing) {
  expect_well_formed(page);
  expect_self_contained(page);
}

TEST_F(written_run, films_come_in_the_order_of_the_table) {
  for (const char* label : {"base@1", "base@10", "base@100"}) {
    const std::string folder = directory / text("evaluation/", label);
    std::filesystem::copy_file(directory / "evaluation/sefa@1/film.png", folder + "/film.png");
    const picture_record picture{.file = "film.png", .label = label, .caption = "c", .frames = 24};
    write_pictures(folder + "/pictures.json", {&picture, 1});
  }

  const run_record run = read_run(directory.path());

  std::vector<std::string> labels;
  for (const picture_record& p : run.pictures) labels.push_back(p.label);
  EXPECT_THAT(labels, ElementsAre("base@100", "base@10", "base@1", "reflow@1", "sefa@1"));
}

TEST_F(written_run, has_every_section_with_its_entry_in_the_contents) {
  const auto sections = all_matches(page, "<section id=\"([a-z]+)\"");

  EXPECT_THAT(sections,
              ElementsAre("configuration", "couplings", "flow", "latency", "modes", "paired",
                          "provenance", "results", "rollouts", "sweeps", "training"));
  EXPECT_EQ(all_matches(page, "href=\"#([a-z]+)\""), sections);
}

TEST_F(written_run, says_what_was_found) {
  for (const char* piece :
       {"<strong>sefa@1</strong> succeeds in", "with 1 network evaluation per chunk",
        "<strong>base@100</strong>", "sefa@1 less reflow@1", "Wilson", "McNemar", "adaptive",
        "learning_rate = 1e-3  # cosine", "AVX-512", "3 min 08 s",
        "Of the distance to the expert that reflow@1 loses against base@100",
        "around the wall in 92 steps"}) {
    EXPECT_THAT(page, HasSubstr(piece));
  }
}

TEST_F(written_run, numbers_that_do_not_exist_are_never_shown) {
  const std::string no_images = without(without(page, "url(", ')'), "base64,", '"');
  const std::string text = without(no_images, "<", '>');

  EXPECT_THAT(text, HasSubstr("McNemar"));
  EXPECT_FALSE(std::regex_search(text, std::regex("\\b(nan|NaN|inf|Infinity)\\b")));
  // In attributes numbers also follow the letter of a command: "L12,nan".
  EXPECT_FALSE(std::regex_search(no_images, std::regex("[A-Z0-9\", .-](nan|inf)[A-Z0-9\", .-]")));
}

TEST_F(written_run, pictures_have_a_name_for_those_who_do_not_see_them) {
  // Charts carry a title; small pictures have a label, which follows the role.
  const std::regex nameless("<svg[^>]*role=\"img\">\\s*(?!<title>|\\s)");
  EXPECT_FALSE(std::regex_search(page, nameless));
  EXPECT_THAT(page, HasSubstr("<title>Straightness of the flow. Mean squared"));
  EXPECT_THAT(page, HasSubstr("relative to the mean squared length of that line"));
  EXPECT_THAT(page, HasSubstr("base (mean 0.254)"));  // over time, of the synthetic flow
  EXPECT_THAT(page, HasSubstr("aria-label=\"Film of sefa@1: Seed 1003"));
}

TEST_F(written_run, every_colour_of_a_figure_has_a_rule_for_the_dark_scheme) {
  for (const char* property : {"fill", "stroke"}) {
    for (const std::string& colour :
         all_matches(page, std::string(" ") + property + "=\"(#[0-9a-fA-F]{6})\"")) {
      EXPECT_THAT(page, HasSubstr(std::string("[") + property + "=\"" + colour + "\"]"));
    }
  }
}

TEST_F(written_run, equal_runs_give_equal_pages_without_a_trace_of_the_place) {
  EXPECT_EQ(read_text(write_report(directory.path())), page);
  EXPECT_THAT(page, Not(HasSubstr(directory.path())));
}

TEST_F(written_run, damage_is_shown_and_the_rest_stays) {
  write_raw(directory / "evaluation/sefa@1/results.json", "{");
  write_raw(directory / "train/metrics.jsonl", "no metrics\n");

  const std::string damaged = read_text(write_report(directory.path()));

  expect_well_formed(damaged);
  EXPECT_THAT(damaged, HasSubstr("Files that could not be read"));
  EXPECT_THAT(damaged, HasSubstr("sefa@1/results.json"));
  EXPECT_THAT(damaged, HasSubstr("train/metrics.jsonl: line 1"));
  EXPECT_THAT(damaged, HasSubstr("<strong>reflow@1</strong> succeeds in"));
}

TEST_F(written_run, tells_lost_evaluations_from_other_problems) {
  write_raw(directory / "evaluation/sefa@1/results.json", "{");
  write_raw(directory / "evaluation/base@1/pictures.json", "{");
  write_raw(directory / "train/metrics.jsonl", "no metrics\n");

  const run_record run = read_run(directory.path());

  EXPECT_EQ(run.problems.size(), 3U);
  ASSERT_EQ(run.lost_evaluations.size(), 1U);
  EXPECT_THAT(run.lost_evaluations[0], HasSubstr("sefa@1/results.json"));
}

/// A run whose base policy was evaluated, then trained again.
TEST(run_record, results_of_policies_that_are_gone_are_left_out_and_listed) {
  const temporary_directory directory;
  testing::write_run(directory / "run");
  const auto policy = [&](const std::string& stage, const std::string& contents) {
    std::filesystem::create_directories(directory / ("run/" + stage));
    const std::string path = directory / ("run/" + stage + "/policy.safetensors");
    write_raw(path, contents);
    return sha256_of_file(path);
  };
  const std::size_t before = read_run(directory / "run").evaluations.size();
  const std::string old = policy("base", "weights of yesterday");
  const auto labelled = [&](const char* label, const std::string& hash) {
    const std::string path = directory / text("run/evaluation/", label, "/results.json");
    evaluation_result result = read_evaluation(path);
    result.policy_hash = hash;
    write_evaluation(path, result);
  };
  for (const char* label : {"base@1", "base@10", "base@100"}) labelled(label, old);
  std::filesystem::create_directories(directory / "run/flow");
  write_flow_record(directory / "run/flow/flow.json", testing::make_flow());
  write_text_file(directory / "run/flow/stage.json",
                  text("{\"inputs\": {\"policy\": \"", old, "\"}}"));
  EXPECT_EQ(read_run(directory / "run").problems.size(), 0u);
  EXPECT_EQ(read_run(directory / "run").evaluations.size(), before);
  sweep_record sweep = testing::make_sweep();
  sweep.policy = old;
  write_sweep(directory / "run/sweeps/of_base.json", sweep);
  const std::size_t sweeps = read_run(directory / "run").sweeps.size();
  const std::size_t errors = read_run(directory / "run").flow.errors.size();

  labelled("base@1", policy("base", "weights of today"));
  const run_record run = read_run(directory / "run");

  EXPECT_EQ(run.evaluations.size(), before - 2);
  EXPECT_LT(run.flow.errors.size(), errors);
  EXPECT_EQ(run.sweeps.size(), sweeps - 1);
  ASSERT_EQ(run.problems.size(), 4u);
  EXPECT_THAT(run.problems[0], HasSubstr("flow: was made from a policy"));
  EXPECT_THAT(run.problems[1], HasSubstr("evaluation/base@10/"));
  EXPECT_THAT(run.problems[1], HasSubstr("another policy than base/policy.safetensors"));
}

/// Of two rounds: the student of a flow that was straightened from a base which is gone.
TEST(run_record, what_was_made_from_files_that_are_gone_is_outdated_with_all_that_follows) {
  const temporary_directory directory;
  const auto made = [&](const std::string& stage, const std::string& file,
                        const std::string& inputs) {
    std::filesystem::create_directories(directory / stage);
    const std::string path = directory / (stage + "/" + file);
    write_raw(path, stage);
    write_raw(directory / (stage + "/stage.json"), "{\"inputs\": {" + inputs + "}}");
    return sha256_of_file(path);
  };
  const auto input = [](const char* role, const std::string& hash) {
    return text("\"", role, "\": \"", hash, "\"");
  };
  const std::string base = made("base", "policy.safetensors", "");
  const std::string straight = made("straighten", "policy.safetensors", input("policy", base));
  const std::string pairs = made("couple_2", "couplings.safetensors", input("policy", straight));
  const std::string aligned = made("align", "aligned.safetensors", input("couplings", pairs));
  const std::string student = made("sefa", "policy.safetensors",
                                   input("policy", straight) + ", " + input("couplings", pairs) +
                                       ", " + input("aligned", aligned));
  EXPECT_TRUE(read_run(directory.path()).problems.empty());
  EXPECT_TRUE(read_run(directory.path()).outdated.empty());

  write_raw(directory / "base/policy.safetensors", "another base");
  const run_record run = read_run(directory.path());

  EXPECT_THAT(run.outdated, ElementsAre(student, straight));
  ASSERT_EQ(run.problems.size(), 4u);  // align, couple_2, sefa, straighten
  EXPECT_THAT(run.problems[2], HasSubstr("sefa: was made from a policy of straighten"));
  EXPECT_THAT(run.problems[3], HasSubstr("straighten: was made from a policy that"));

  // A record that names itself does not stop the report.
  write_raw(directory / "base/stage.json",
            "{\"inputs\": {" +
                input("policy", sha256_of_file(directory / "base/policy.safetensors")) + "}}");
  EXPECT_EQ(read_run(directory.path()).problems.size(), 4u);
}

TEST(run_record, a_sweep_of_other_settings_is_left_out) {
  const temporary_directory directory;
  testing::write_run(directory.path());
  run_info info = testing::make_info();
  EXPECT_EQ(read_run(directory.path()).sweeps.size(), 1u);

  info.differences = {{"sweeps/radius", "distill.steps was 40, is 41"}};
  write_run_info(directory / "run.json", info);
  const run_record run = read_run(directory.path());

  EXPECT_TRUE(run.sweeps.empty());
  ASSERT_EQ(run.problems.size(), 1u);
  EXPECT_THAT(run.problems[0], HasSubstr("made with other settings: distill.steps was 40"));
}

TEST(run_record, a_description_that_is_known_counts_whatever_the_file_says) {
  const temporary_directory directory;
  testing::write_run(directory.path());
  write_raw(directory / "run.json", "{");
  run_info info = testing::make_info();
  info.differences = {{"sweeps/radius", "distill.steps was 40, is 41"}};

  const run_record run = read_run(directory.path(), info);
  const std::string page = read_text(write_report(directory.path(), info, {"a problem of ours"}));

  EXPECT_TRUE(run.sweeps.empty());
  EXPECT_EQ(run.info.title, info.title);
  EXPECT_THAT(page, HasSubstr("made with other settings: distill.steps was 40"));
  EXPECT_THAT(page, HasSubstr("a problem of ours"));
}

/// Two methods on equal starts: so many episodes that both solve, and that one of them solves
/// alone.
run_record run_of(index_t both, index_t only_base, index_t only_sefa) {
  run_record run{.name = "r"};
  for (const char* method : {"base", "sefa"}) {
    evaluation_result result{.task = "push_around", .method = method};
    result.steps = method == std::string("base") ? 100 : 1;
    for (index_t i = 0; i < both + only_base + only_sefa; ++i) {
      const bool alone = i < both + only_base ? result.method == "base" : result.method == "sefa";
      result.episodes.push_back({.seed = i, .success = i < both || alone, .steps = 10});
    }
    run.evaluations.push_back(result);
  }
  return run;
}

TEST(report, calls_a_difference_one_only_if_interval_and_test_agree) {
  EXPECT_THAT(report_html(run_of(100, 40, 5)), HasSubstr("sefa@1 succeeds less often"));
  EXPECT_THAT(report_html(run_of(100, 5, 40)), HasSubstr("sefa@1 succeeds more often"));
  EXPECT_THAT(report_html(run_of(100, 20, 20)), HasSubstr("do not tell the two apart"));
  // Newcombe's interval ends at -1.4 points, the exact test says p = 0.064.
  const std::string close = report_html(run_of(20, 14, 5));
  EXPECT_THAT(close, HasSubstr("p = 0.064"));
  EXPECT_THAT(close, HasSubstr("a hint and no more"));
  EXPECT_THAT(close, Not(HasSubstr("succeeds less often")));
}

/// A run whose methods are so far from the expert, at windows of twelve episodes.
run_record run_at(double base, double reflow, double sefa, double noise) {
  run_record run = run_of(20, 0, 0);
  run.evaluations.push_back(run.evaluations.back());
  run.evaluations.back().method = "reflow";
  sort_for_table(run.evaluations);
  for (evaluation_result& r : run.evaluations) {
    const double mean = r.method == "base" ? base : r.method == "reflow" ? reflow : sefa;
    for (index_t i = 0; i < 12; ++i) {
      const bool up = (i + (r.method == "reflow" ? 1 : 0)) % 2 == 0;
      r.windows.episode.push_back(i);
      r.windows.offset.push_back(0);
      r.windows.distance.push_back(mean + (up ? noise : -noise));
    }
  }
  return run;
}

TEST(report, says_how_much_is_won_back_in_words_that_mean_something) {
  EXPECT_THAT(report_html(run_at(0.1, 0.2, 0.15, 0.001)), HasSubstr("sefa@1 wins 50"));
  EXPECT_THAT(report_html(run_at(0.1, 0.2, 0.05, 0.001)),
              HasSubstr("sefa@1 wins all of it and more"));
  EXPECT_THAT(report_html(run_at(0.1, 0.2, 0.25, 0.001)), HasSubstr("sefa@1 wins nothing back"));
  EXPECT_THAT(report_html(run_at(0.1, 0.101, 0.05, 0.02)), Not(HasSubstr("sefa@1 wins")));
}

TEST(report, claims_nothing_won_back_by_a_student_that_windows_do_not_tell_apart) {
  run_record run = run_at(0.1, 0.2, 0.19, 0.001);
  ASSERT_EQ(run.evaluations.back().method, "sefa");
  std::vector<double>& noisy = run.evaluations.back().windows.distance;
  for (std::size_t i = 0; i < noisy.size(); ++i) noisy[i] += i % 2 == 0 ? 0.08 : -0.08;

  const std::string page = report_html(run);

  EXPECT_THAT(page, HasSubstr("In distance to the expert sefa@1 is not told apart from reflow@1."));
  EXPECT_THAT(page, Not(HasSubstr("sefa@1 wins")));
}

TEST(report, does_not_pair_evaluations_that_were_made_in_different_ways) {
  run_record run = run_of(100, 5, 40);
  for (evaluation_result& r : run.evaluations) r.backend = "eigen", r.precision = "f32";
  EXPECT_THAT(report_html(run), HasSubstr("sefa@1 succeeds more often"));

  run.evaluations.back().precision = "bf16";
  run.evaluations.back().largest_step = 0.5;
  const std::string page = report_html(run);

  EXPECT_THAT(page, Not(HasSubstr("succeeds more often")));
  EXPECT_THAT(page, HasSubstr("sefa@1 and base@100 are not compared: they were evaluated in "
                              "different ways: precision bf16 and f32, largest step 0.5 and inf"));
  run.evaluations.front().backend.clear();  // of an earlier version: nothing is known
  EXPECT_THAT(report_html(run), HasSubstr("sefa@1 succeeds more often"));
}

TEST(report, pairs_evaluations_of_one_training_seed) {
  run_record run = run_of(100, 5, 40);
  for (evaluation_result& r : run.evaluations) r.training_seed = 1;
  evaluation_result other = run.evaluations.front();
  ASSERT_EQ(other.method, "base");
  other.training_seed = 0;
  for (episode_result& e : other.episodes) e.success = true;
  run.evaluations.push_back(other);
  sort_for_table(run.evaluations);
  ASSERT_EQ(run.evaluations.front().training_seed, 0);

  const std::string page = report_html(run);

  EXPECT_THAT(page, HasSubstr("the difference is +24.1 points"));  // 40 and 5 of 145
  EXPECT_THAT(page, HasSubstr("Of several training seeds, the first that may be compared is."));
  EXPECT_THAT(page, HasSubstr("2 training seeds: ± "));
  EXPECT_THAT(page, Not(HasSubstr("± +")));
  run.evaluations.back().training_seed = 2;
  EXPECT_THAT(report_html(run),
              HasSubstr("sefa@1 and base@100 are not compared: sefa@1 was trained with seed 2, "
                        "base@100 with 0 and 1"));
}

TEST(report, names_the_episodes_of_both_where_they_differ) {
  run_record run = run_of(100, 5, 40);
  EXPECT_THAT(report_html(run), Not(HasSubstr("(of ")));

  run.evaluations.back().episodes.resize(60);

  EXPECT_THAT(report_html(run), HasSubstr("On the same 60 starts (of 60 with sefa@1 and 145 with "
                                          "base@100)"));
}

TEST(report, does_not_pair_a_policy_whose_inputs_are_gone) {
  run_record run = run_of(100, 5, 40);
  run.evaluations.back().policy_hash = "student of yesterday";
  run.outdated = {"student of yesterday"};

  const std::string page = report_html(run);

  EXPECT_THAT(page, Not(HasSubstr("succeeds more often")));
  EXPECT_THAT(page, HasSubstr("sefa@1 was learnt from files that this run no longer holds"));
}

TEST(report, names_what_the_guard_changed) {
  run_record run = run_of(10, 0, 0);
  for (evaluation_result& r : run.evaluations) {
    r.executed = 8;
    r.action_spread = 0.0625;
    for (episode_result& e : r.episodes) e.chunks = 5, e.guarded = 13;
  }

  const std::string page = report_html(run);

  EXPECT_DOUBLE_EQ(summarize({&run.evaluations[0], 1}).guarded_share.value(), 13.0 / 40);
  EXPECT_THAT(page, HasSubstr("guarded 32.5"));
  EXPECT_THAT(page, HasSubstr("spread 0.06"));
}

TEST(report, a_sweep_over_couplings_is_not_about_windows_put_aside) {
  run_record run{.name = "r", .sweeps = {testing::make_sweep()}};
  run.sweeps[0].policy = "hash";

  EXPECT_THAT(report_html(run), HasSubstr("From the end points of couplings"));
  EXPECT_THAT(report_html(run), Not(HasSubstr("At held-out windows")));
}

TEST(report, of_an_empty_run_says_what_is_missing) {
  const temporary_directory directory;

  const std::string page = read_text(write_report(directory.path()));

  expect_well_formed(page);
  EXPECT_THAT(page, HasSubstr("has not been evaluated yet"));
  EXPECT_THAT(page, HasSubstr("no results.json"));
  EXPECT_THAT(page, HasSubstr("no config.toml"));
  EXPECT_THAT(all_matches(page, "<section id=\"([a-z]+)\""), ElementsAre("missing"));
}

TEST(report, of_no_directory_is_refused) {
  const temporary_directory directory;

  EXPECT_THROW((void)write_report(directory / "none"), file_error);
}

/// A run in which every text tries to become markup.
run_record hostile_run() {
  const std::string evil = "</style><script>alert(1)</script>\"' onload=x &\x01\xff";
  run_record run{.name = evil, .info = testing::make_info(), .configuration = evil};
  run.info.title = run.info.task = run.info.description = evil;
  run.info.observation = run.info.preset = evil;
  run.info.parameters = {{evil, std::numeric_limits<double>::infinity()}};
  run.info.facts = run.info.provenance = {{evil, evil}};
  run.info.stages = {{evil, 1e300}};
  evaluation_result result = testing::make_evaluation({evil, 1, 0.5, 1, 1, 1, 0.5}, 10);
  result.task = result.policy_hash = result.observation = result.solver = evil;
  result.episodes[0].mode = evil;
  result.expert_modes = {{evil, 1}};
  run.evaluations = {result, result};
  run.evaluations[1].method = "base";
  sort_for_table(run.evaluations);
  run.curves = {{evil, evil + "loss", {1, 2}, {1, NAN}}, {evil, evil, {1, 2}, {INFINITY, 1e308}}};
  run.couplings = {{evil, testing::make_couplings()}};
  run.couplings[0].record.alignment = run.couplings[0].record.x_label = evil;
  run.couplings[0].record.modes_before = {{evil, 1}};
  run.flow = {{{evil, {0, 1}, {NAN, 1e300}, 1e300}}, {{evil, evil, 1e-300, 0}}};
  run.pictures = {{evil, evil, evil, 1, 0, evil}, {evil, evil, evil, 2, 1e300, evil}};
  run.sweeps = {{evil, evil, axis_scale::log, {{evil, -1.0, proportion{0, 0}, 1e300}}}};
  run.problems = {evil};
  return run;
}

TEST(report, text_of_files_stays_text) {
  const std::string page = report_html(hostile_run());

  expect_well_formed(page);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;"));
  EXPECT_EQ(page.find('\x01'), page.npos);
  EXPECT_EQ(page.find('\xff'), page.npos);
  // Text between tags holds no quotation mark, so what is left of a tag are names of attributes.
  const std::string names = without(page, "\"", '"');
  EXPECT_TRUE(all_matches(names, "<[a-z]([^>]{0,200}) onload=").empty());
}

TEST(report, rows_are_sorted_base_first_and_sefa_last) {
  std::vector<evaluation_result> all(6);
  const std::vector<std::pair<std::string, index_t>> order = {
      {"sefa", 1}, {"base", 1}, {"nearest", 1}, {"base", 100}, {"reflow", 1}, {"base", 0}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].method = order[i].first;
    all[i].steps = order[i].second;
  }

  sort_for_table(all);

  std::vector<std::string> labels;
  labels.reserve(all.size());
  for (const auto& r : all) labels.push_back(label_of(r));
  EXPECT_THAT(labels,
              ElementsAre("base@euler", "base@100", "base@1", "reflow@1", "nearest@1", "sefa@1"));
}

TEST(report, is_about_the_label_that_the_run_names) {
  run_record run{.name = "r", .evaluations = {}};
  for (const auto& t : testing::usual_targets()) {
    run.evaluations.push_back(testing::make_evaluation(t, 20));
  }
  run.info.primary = "reflow@1";

  EXPECT_THAT(report_html(run), HasSubstr("<strong>reflow@1</strong> succeeds in"));
}

TEST(comparison, has_a_line_per_run_and_a_chart_over_the_parameter) {
  std::vector<run_record> runs;
  for (const double demonstrations : {10.0, 50.0}) {
    runs.push_back({.name = "r"});
    runs.back().info.parameters = {{"demonstrations", demonstrations}};
    for (const auto& t : testing::usual_targets()) {
      runs.back().evaluations.push_back(testing::make_evaluation(t, 20));
    }
  }
  const comparison_options options{.title = "Fewer", .parameter = "demonstrations"};

  const sweep_record sweep = sweep_of(runs, options);
  const std::string page = comparison_html(runs, options);

  EXPECT_EQ(sweep.points.size(), 10U);
  EXPECT_EQ(sweep.points.front().value, 10);
  expect_well_formed(page);
  expect_self_contained(page);
  EXPECT_THAT(page, HasSubstr("demonstrations 50"));
  EXPECT_THAT(page, HasSubstr("Over demonstrations"));
}

TEST(comparison, is_written_from_directories) {
  const temporary_directory directory;
  std::filesystem::create_directory(directory / "a");
  testing::write_run(directory / "a");
  const std::vector<std::string> runs = {directory / "a"};

  write_comparison(directory / "page.html", runs, {});

  expect_well_formed(read_text(directory / "page.html"));
  EXPECT_THROW(write_comparison(directory / "page.html", {}, {}), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
