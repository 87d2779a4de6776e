#include <flowkit/policy/manifest.hpp>
#include <flowkit/policy/run/result_folder.hpp>

#include <support/files.hpp>

namespace flowkit::policy {
namespace {

using testing::temporary_directory;
using testing::write_raw;

/// A stage with one input, one option and one output.
class ResultFolder : public ::testing::Test {
 protected:
  ResultFolder() { write_raw(root_ / "input", "data"); }

  [[nodiscard]] result_folder stage(index_t steps = 3, const std::string& extent = {}) const {
    return {root_ / "train",
            {.name = "train",
             .options = json_object{{"steps", steps}, {"rate", 0.1}},
             .inputs = {{"data", root_ / "input"}},
             .hashes = {{"policy", "abc"}},
             .extent = extent}};
  }
  void complete(index_t steps = 3) const {
    const result_folder s = stage(steps);
    s.begin();
    write_raw(s / "policy", "weights");
    s.finish({"policy"}, json_object{{"loss", 0.5}});
  }

  temporary_directory root_;
};

TEST_F(ResultFolder, RunsOnceAndIsUpToDateThen) {
  EXPECT_FALSE(stage().up_to_date());
  EXPECT_EQ(stage().reason(), "never ran");

  complete();

  EXPECT_TRUE(stage().up_to_date());
  EXPECT_EQ(stage().summary().at("loss").as_number(), 0.5);
}

TEST_F(ResultFolder, AnyChangeIsFoundAndNamed) {
  complete();

  EXPECT_EQ(stage(4).reason(), "option 'steps' changed");

  write_raw(root_ / "input", "other");
  EXPECT_EQ(stage().reason(), "input 'data' changed");
  write_raw(root_ / "input", "data");
  EXPECT_TRUE(stage().up_to_date());

  write_raw(stage() / "policy", "tampered");
  EXPECT_EQ(stage().reason(), "output 'policy' was changed");

  std::filesystem::remove(stage() / "policy");
  EXPECT_EQ(stage().reason(), "its outputs are incomplete");
}

TEST_F(ResultFolder, ResumesTheSameAttemptAndForgetsAnother) {
  EXPECT_FALSE(stage().resumable());
  stage().begin();
  write_raw(stage() / "checkpoint", "half way");
  EXPECT_EQ(stage().reason(), "was not finished");

  EXPECT_TRUE(stage().resumable());
  stage().begin();
  EXPECT_TRUE(std::filesystem::exists(stage() / "checkpoint"));

  EXPECT_FALSE(stage(4).resumable());
  stage(4).begin();
  EXPECT_FALSE(std::filesystem::exists(stage() / "checkpoint"));
}

TEST_F(ResultFolder, LessOfAnExtentIsABeginningOfMore) {
  complete(3);

  const result_folder more = stage(5, "steps");
  EXPECT_EQ(more.reason(), "option 'steps' changed");
  EXPECT_TRUE(more.resumable());
  EXPECT_FALSE(stage(5).resumable()) << "not an extent";
  EXPECT_FALSE(stage(2, "steps").resumable()) << "less cannot begin with more";

  more.begin();
  EXPECT_TRUE(std::filesystem::exists(more / "policy"));
  EXPECT_FALSE(more.complete());
  EXPECT_TRUE(stage(7, "steps").resumable()) << "an unfinished attempt is a beginning, too";
}

TEST_F(ResultFolder, ADamagedBeginningIsNotExtended) {
  complete(3);
  write_raw(stage() / "policy", "tampered");

  EXPECT_FALSE(stage(5, "steps").resumable());
}

/// As a writer leaves it that was killed right after `finish` had written the complete record.
void leave_the_attempt(const result_folder& stage) {
  const std::string complete = flowkit::testing::read_text(stage / "stage.json");
  write_raw(stage / "stage.partial.json", complete);
}

TEST_F(ResultFolder, TheAttemptOfCompleteResultsIsForgotten) {
  complete();
  leave_the_attempt(stage());
  EXPECT_TRUE(stage().up_to_date());

  EXPECT_TRUE(stage().finished().has_value());

  EXPECT_FALSE(std::filesystem::exists(stage() / "stage.partial.json"));
  EXPECT_TRUE(stage().up_to_date());
}

TEST_F(ResultFolder, AnAttemptOfSomethingElseStaysBesideCompleteResults) {
  complete();
  std::string other = flowkit::testing::read_text(stage() / "stage.json");
  const std::size_t at = other.find("\"steps\": 3");
  ASSERT_NE(at, std::string::npos);
  write_raw(stage() / "stage.partial.json", other.replace(at, 10, "\"steps\": 4"));

  EXPECT_TRUE(stage().finished().has_value());

  EXPECT_TRUE(std::filesystem::exists(stage() / "stage.partial.json"));
}

TEST_F(ResultFolder, DamageIsFoundAlsoBesideALeftOverAttempt) {
  complete(3);
  leave_the_attempt(stage());
  EXPECT_TRUE(stage(5, "steps").resumable());

  write_raw(stage() / "policy", "tampered");

  EXPECT_FALSE(stage().resumable());
  EXPECT_FALSE(stage(5, "steps").resumable());
  stage().begin();
  EXPECT_FALSE(std::filesystem::exists(stage() / "policy"));
}

TEST_F(ResultFolder, ResultsOfAnotherBuildAreOutdatedUnlessTheyMayStay) {
  complete();
  std::string record = flowkit::testing::read_text(stage() / "stage.json");
  const std::size_t at = record.find(library_build());
  ASSERT_NE(at, std::string::npos);
  write_raw(stage() / "stage.json", record.replace(at, library_build().size(), "0.0.1+other"));
  EXPECT_EQ(stage().reason(), "build changed");

  const result_folder kept(root_ / "data", {.name = "collect", .any_build = true});
  kept.begin();
  kept.finish({});
  EXPECT_TRUE(kept.up_to_date());
  EXPECT_EQ(flowkit::testing::read_text(kept / "stage.json").find(library_build()),
            std::string::npos);
}

TEST_F(ResultFolder, AChangedOptionRemovesOldResults) {
  complete();

  stage(4).begin();

  EXPECT_FALSE(std::filesystem::exists(stage() / "policy"));
  EXPECT_FALSE(stage().up_to_date());
}

TEST_F(ResultFolder, ADamagedRecordMeansToRunAgain) {
  complete();
  for (const std::string_view damaged : {"", "{", "[]", R"({"stage":"train"})", "null"}) {
    write_raw(stage() / "stage.json", damaged);
    write_raw(stage() / "stage.partial.json", damaged);

    EXPECT_FALSE(stage().up_to_date()) << damaged;
    EXPECT_FALSE(stage(5, "steps").resumable()) << damaged;
  }
}

TEST_F(ResultFolder, FilesOfSomebodyElseAreNeverReplaced) {
  std::filesystem::create_directories(stage().path());
  write_raw(stage() / "thesis.tex", "years of work");

  EXPECT_THROW(stage().begin(), file_error);
  EXPECT_TRUE(std::filesystem::exists(stage() / "thesis.tex"));

  std::filesystem::remove(stage() / "thesis.tex");
  // No process can have this number: it is above the largest that Linux hands out.
  const std::string left = stage() / ".stage.partial.json.flowkit.4194305.2.tmp";
  write_raw(left, "left by a writer that was killed");
  EXPECT_NO_THROW(stage().begin());
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(ResultFolder, WhatIsNotReplacedIsKnownBeforeAnythingChanges) {
  EXPECT_NO_THROW(stage().check_replaceable());
  EXPECT_FALSE(std::filesystem::exists(stage().path()));
  complete();
  EXPECT_NO_THROW(stage(4).check_replaceable());
  EXPECT_TRUE(stage().up_to_date());

  std::filesystem::remove(stage() / "stage.json");
  EXPECT_THROW(stage().check_replaceable(), file_error);
}

TEST_F(ResultFolder, ARecordThatCannotBeReadIsNotCalledAMissingOne) {
  complete();
  write_raw(stage() / "stage.json", "{");

  EXPECT_EQ(stage().reason(), "its record cannot be read");
  try {
    stage().begin();
    FAIL() << "replaced files without knowing them";
  } catch (const file_error& e) {
    EXPECT_NE(std::string(e.what()).find("record cannot be read"), std::string::npos) << e.what();
  }
  EXPECT_TRUE(std::filesystem::exists(stage() / "policy"));
}

TEST_F(ResultFolder, AMissingInputIsAnError) {
  std::filesystem::remove(root_ / "input");

  EXPECT_THROW((void)stage(), file_error);
}

}  // namespace
}  // namespace flowkit::policy
