// Which stages of a run belong to the files that it holds now.
#include "support/files.hpp"

#include <flowkit/io/json.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/report/run_record.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <set>

namespace flowkit::policy {
namespace {

using ::flowkit::testing::temporary_directory;
using ::flowkit::testing::write_raw;
using ::testing::ElementsAre;

/// A run of learning with all its folders, each of which is made from others.
class learnt_run {
 public:
  explicit learnt_run(index_t rounds) {
    const bool two = rounds == 2;
    const std::string pairs = two ? "couple_2" : "couple";
    const std::string held_out = two ? "held_out_2" : "held_out";
    const std::string last = two ? "straighten" : "base";
    write_raw(directory_ / "config.toml", text("[run]\nrounds = ", rounds, "\n"));
    make("base", policy, {});
    make("couple", couplings, {{"policy", "base"}});
    make("held_out", couplings, {{"policy", "base"}});
    if (two) {
      make("straighten", policy,
           {{"policy", "base"}, {"couplings", "couple"}, {"held_out", "held_out"}});
      make("couple_2", couplings, {{"policy", "straighten"}});
      make("held_out_2", couplings, {{"policy", "straighten"}});
    }
    make("align", "aligned.safetensors", {{"couplings", pairs}});
    make("reflow", policy, {{"policy", last}, {"couplings", pairs}, {"held_out", held_out}});
    make("sefa", policy,
         {{"policy", last}, {"couplings", pairs}, {"held_out", held_out}, {"aligned", "align"}});
    make("flow", "flow.txt", {{"policy", "base"}, {last == "base" ? "policy" : last, last}});
  }

  void make(const std::string& stage, const std::string& file,
            const std::map<std::string, std::string>& inputs) {
    std::filesystem::create_directories(directory_ / stage);
    files_[stage] = directory_ / (stage + "/" + file);
    write_raw(files_[stage], stage);
    json_value roles(json_object{});
    for (const auto& [role, maker] : inputs) roles.set(role, sha256_of_file(files_.at(maker)));
    write_raw(directory_ / (stage + "/stage.json"), to_json(json_object{{"inputs", roles}}));
  }
  void replace(const std::string& stage) const { write_raw(files_.at(stage), "made again"); }
  void remove(const std::string& stage) const { std::filesystem::remove_all(directory_ / stage); }
  [[nodiscard]] std::string path() const { return directory_.path(); }

  static constexpr const char* policy = "policy.safetensors";
  static constexpr const char* couplings = "couplings.safetensors";

 private:
  temporary_directory directory_;
  std::map<std::string, std::string> files_;
};

/// Stages that a report objects to.
std::set<std::string> objections(const learnt_run& run) {
  std::set<std::string> out;
  for (const std::string& problem : read_run(run.path()).problems) {
    out.insert(problem.substr(0, problem.find(':')));
  }
  return out;
}

TEST(present_files, a_stage_of_any_round_that_was_deleted_is_no_objection) {
  for (const index_t rounds : {1, 2}) {
    for (const char* stage : {"base", "couple", "held_out", "straighten", "couple_2", "held_out_2",
                              "align", "reflow", "sefa", "flow"}) {
      const learnt_run run(rounds);

      run.remove(stage);

      EXPECT_THAT(read_run(run.path()).problems, ElementsAre()) << stage << " of " << rounds;
      EXPECT_THAT(read_run(run.path()).outdated, ElementsAre()) << stage << " of " << rounds;
    }
  }
}

TEST(present_files, couplings_of_both_rounds_that_were_deleted_are_no_objection) {
  const learnt_run run(2);

  for (const char* stage : {"straighten", "couple_2", "held_out_2"}) run.remove(stage);

  EXPECT_THAT(objections(run), ElementsAre());
}

TEST(present_files, a_stage_that_was_made_again_is_one_to_all_that_follow) {
  using stages = std::set<std::string>;
  const std::map<std::string, stages> followers = {
      {"base",
       {"align", "couple", "couple_2", "flow", "held_out", "held_out_2", "reflow", "sefa",
        "straighten"}},
      {"couple", {"align", "couple_2", "flow", "held_out_2", "reflow", "sefa", "straighten"}},
      {"straighten", {"align", "couple_2", "flow", "held_out_2", "reflow", "sefa"}},
      {"couple_2", {"align", "reflow", "sefa"}},
      {"held_out_2", {"reflow", "sefa"}},
      {"align", {"sefa"}},
      {"sefa", {}}};
  for (const auto& [stage, expected] : followers) {
    const learnt_run run(2);

    run.replace(stage);

    EXPECT_EQ(objections(run), expected) << stage;
  }
}

TEST(present_files, a_sweep_about_a_flow_of_two_rounds_stays_until_that_is_made_again) {
  const learnt_run run(2);
  const std::string flow = run.path() + "/straighten/policy.safetensors";
  std::filesystem::create_directories(run.path() + "/sweeps");
  write_sweep(run.path() + "/sweeps/radius.json",
              {.parameter = "radius", .policy = sha256_of_file(flow)});

  run.remove("straighten");
  EXPECT_EQ(read_run(run.path()).sweeps.size(), 1u);

  std::filesystem::create_directories(run.path() + "/straighten");
  run.replace("straighten");
  EXPECT_EQ(read_run(run.path()).sweeps.size(), 0u);
}

TEST(present_files, one_that_cannot_be_read_is_listed_and_the_rest_stays) {
  // A regular file that the system does not map: root may read what permissions forbid. Kernels
  // without it have no other file that a test could rely on.
  const std::string unmapped = "/sys/kernel/mm/transparent_hugepage/enabled";
  if (!std::filesystem::exists(unmapped)) GTEST_SKIP() << "there is no " << unmapped;
  const learnt_run run(1);
  std::filesystem::create_directories(run.path() + "/sweeps");
  write_sweep(
      run.path() + "/sweeps/radius.json",
      {.parameter = "radius", .policy = sha256_of_file(run.path() + "/base/policy.safetensors")});
  const std::string file = run.path() + "/sefa/policy.safetensors";
  std::filesystem::remove(file);
  std::filesystem::create_symlink(unmapped, file);

  const run_record found = read_run(run.path());

  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0], ::testing::HasSubstr("sefa/policy.safetensors"));
  EXPECT_THAT(found.outdated, ElementsAre());
  EXPECT_EQ(found.sweeps.size(), 1u);
}

TEST(present_files, what_an_earlier_second_round_left_replaces_nothing) {
  learnt_run run(1);
  run.make("straighten", learnt_run::policy, {{"policy", "base"}});
  run.make("couple_2", learnt_run::couplings, {{"policy", "straighten"}});
  run.make("held_out_2", learnt_run::couplings, {{"policy", "straighten"}});

  run.remove("couple");
  run.remove("held_out");

  EXPECT_THAT(objections(run), ElementsAre());
}

TEST(present_files, a_folder_of_another_run_is_no_stage_of_this_one) {
  learnt_run run(1);
  run.make("other", learnt_run::policy, {{"policy", "base"}, {"couplings", "couple"}});

  run.replace("base");
  run.replace("couple");

  EXPECT_EQ(objections(run).count("other"), 0u);
}

}  // namespace
}  // namespace flowkit::policy
