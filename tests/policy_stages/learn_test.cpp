#include "toy_task.hpp"

#include <flowkit/backend/precision.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace flowkit::policy {
namespace {

using namespace testing;
using flowkit::testing::read_text;

learn_options small(index_t rounds) {
  learn_options o{.base = toy_base(10), .couple = toy_couple()};
  o.couple.windows = 20;
  o.couple.solver = {.steps = 2};
  o.distill = toy_distill(10);
  o.straighten = toy_distill(10).fit;
  o.rounds = rounds;
  return o;
}

TEST(Learn, GoesThroughAllStagesAndSkipsThemTheSecondTime) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;

  const learn_result first = learn(be, data, small(1), folder / "run");
  const learn_result again = learn(be, data, small(1), folder / "run");

  EXPECT_EQ(first.end, stage_end::finished);
  EXPECT_EQ(again.end, stage_end::unchanged);
  EXPECT_EQ(policy_file(first.student).manifest().method, "sefa");
  EXPECT_EQ(policy_file(first.reflow_student).manifest().method, "reflow");
  EXPECT_EQ(again.student, first.student);
  EXPECT_EQ(again.alignment.summary.replaced, first.alignment.summary.replaced);
}

TEST(Learn, TwoRoundsCoupleWithTheStraightenedFlow) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;

  const learn_result result = learn(be, data, small(2), folder / "run");

  ASSERT_EQ(result.couplings.size(), 2u);
  const policy_file student(result.student);
  EXPECT_EQ(student.manifest().origin.parents.at("policy"),
            couplings_file(result.couplings[1].couplings).header().policy);
  EXPECT_EQ(policy_file(result.straightened).manifest().method, "straightened");
  EXPECT_NE(couplings_file(result.couplings[0].couplings).header().policy,
            couplings_file(result.couplings[1].couplings).header().policy);
}

TEST(Learn, NotesTheOptionsThatItSaysItWould) {
  backend be = one_thread();
  const temporary_directory folder;
  (void)learn(be, toy_data({.episodes = 6}), small(2), folder / "run");

  const std::vector<stage_options> all = options_of_stages(small(2), computed_by(be));

  EXPECT_EQ(all.size(), 9u);
  for (const stage_options& s : all) {
    const json_value record = read_json(folder / ("run/" + s.folder + "/stage.json"));
    EXPECT_EQ(to_json(record.at("options")), to_json(s.options)) << s.folder;
  }
}

TEST(Learn, RefusesWhatCannotBeLearntBeforeItReplacesAnything) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const learn_result made = learn(be, data, small(1), folder / "run");
  learn_options base = small(1);
  base.base.fit.batch = 100'000;
  learn_options horizon = small(1);
  horizon.base.data.horizon = 1000;
  learn_options student = small(1);
  student.distill.fit.batch = 100'000;
  stage_hooks hooks;
  hooks.on_begin = [] { ADD_FAILURE() << "began what it refuses"; };

  for (const auto& wrong : {std::pair{base, "(train.batch)"},
                            {horizon, "the longest of all"},
                            {student, "(distill.batch)"}}) {
    const std::string message = flowkit::testing::message_of<invalid_input>(
        [&] { (void)learn(be, data, wrong.first, folder / "run", hooks); });
    EXPECT_NE(message.find(wrong.second), std::string::npos) << message;
  }
  EXPECT_EQ(learn(be, data, small(1), folder / "run", hooks).end, stage_end::unchanged);
  EXPECT_TRUE(std::filesystem::exists(made.reflow_student));
}

TEST(Learn, StopsAnywhereAndEndsWithTheSameBits) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const learn_result whole = learn(be, data, small(2), folder / "whole");

  learn_result last;
  int calls = 0;
  // Reports of all stages together: every call stops somewhere else, in some stage.
  do {
    stop_after stop(3 + calls % 5);
    last = learn(be, data, small(2), folder / "parts", stop.hooks());
    ASSERT_LT(++calls, 100);
  } while (last.end == stage_end::stopped);

  EXPECT_GT(calls, 5);
  EXPECT_EQ(read_text(whole.student), read_text(last.student));
  EXPECT_EQ(read_text(whole.reflow_student), read_text(last.reflow_student));
}

/// Runs learn in a process of its own, which is killed at its n-th report of progress; whether it
/// lived to the end.
bool survives(const std::string& folder, index_t reports) {
  const pid_t child = ::fork();
  if (child == 0) {
    backend be = one_thread();
    stage_hooks hooks;
    hooks.on_progress = [&](index_t, index_t) {
      if (--reports == 0) (void)std::raise(SIGKILL);
    };
    (void)learn(be, toy_data({.episodes = 6}), small(1), folder, hooks);
    ::_exit(0);
  }
  int status = 1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Learn, BeingKilledAnywhereChangesNothing) {
  const temporary_directory folder;
  backend be = one_thread();
  const learn_result whole = learn(be, toy_data({.episodes = 6}), small(1), folder / "whole");

  // Each process may go a little further than the one before, so that they get to the end although
  // each begins at the last checkpoint.
  int processes = 0;
  while (!survives(folder / "parts", 3 + 5 * processes)) ASSERT_LT(++processes, 100);

  EXPECT_GE(processes, 4);
  for (const char* file :
       {"base/policy.safetensors", "base/metrics.jsonl", "base/stage.json",
        "couple/couplings.safetensors", "align/report.json", "sefa/policy.safetensors",
        "sefa/metrics.jsonl", "reflow/policy.safetensors", "reflow/stage.json"}) {
    EXPECT_EQ(read_text(folder / text("whole/", file)), read_text(folder / text("parts/", file)))
        << file;
  }
  EXPECT_FALSE(read_text(whole.student).empty());
}

TEST(Learn, PartsOneAfterTheOtherMakeWhatAWholeCallMakes) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const learn_result whole = learn(be, data, small(2), folder / "whole");

  std::vector<std::string> stages;
  stage_hooks hooks;
  hooks.on_stage = [&](std::string_view stage, stage_end end, double seconds) {
    stages.emplace_back(stage);
    EXPECT_EQ(end, stage_end::finished);
    EXPECT_GE(seconds, 0);
  };
  using enum learning_stage;
  learn_result last;
  for (const learning_part part :
       {learning_part{base, base}, {couple, align}, {distill, distill}}) {
    last = learn(be, data, small(2), folder / "parts", hooks, part);
  }

  EXPECT_EQ(read_text(whole.student), read_text(last.student));
  EXPECT_EQ(read_text(whole.reflow_student), read_text(last.reflow_student));
  EXPECT_EQ(stages,
            (std::vector<std::string>{"base", "couple", "held_out", "straighten", "couple_2",
                                      "held_out_2", "align", "reflow", "sefa"}));
  EXPECT_THROW((void)learn(be, data, small(1), folder / "x", {}, {align, couple}), invalid_input);
}

TEST(Learn, ResultsThatSomebodyChangedAreMadeAgain) {
  backend be = one_thread();
  const demonstrations data = toy_data({.episodes = 6});
  const temporary_directory folder;
  const learn_result first = learn(be, data, small(1), folder / "run");
  const std::string student = read_text(first.student);
  std::string damaged = student;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  flowkit::testing::write_raw(first.student, damaged);

  const learn_result again = learn(be, data, small(1), folder / "run");

  EXPECT_EQ(again.end, stage_end::finished);
  EXPECT_EQ(again.base.end, stage_end::unchanged);
  EXPECT_EQ(read_text(again.student), student);
}

TEST(Learn, PresetsAreValidAndOthersRefused) {
  for (const std::string& name : learning_preset_names()) {
    const learn_options o = learning_preset(name);
    // Ten or twenty Euler steps err as much as alignment is there to mend.
    EXPECT_EQ(o.couple.solver.solver, inference_solver::dormand_prince) << name;
    EXPECT_LE(o.couple.solver.tolerance, 1e-3) << name;
    EXPECT_NO_THROW(validate(o.base.fit)) << name;
    EXPECT_NO_THROW(validate(o.distill.fit)) << name;
    spec s;
    s.action = {"x"};
    s.state = {"y"};
    EXPECT_NO_THROW(validate(o.base.network, s)) << name;
  }
  EXPECT_THROW((void)learning_preset("fast"), invalid_input);
}

}  // namespace
}  // namespace flowkit::policy
