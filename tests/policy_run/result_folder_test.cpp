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

  [[nodiscard]] result_folder stage(index_t steps = 3) const {
    return {root_ / "train",
            {.name = "train",
             .options = json_object{{"steps", steps}, {"rate", 0.1}},
             .inputs = {{"data", root_ / "input"}}}};
  }
  void complete(index_t steps = 3) const {
    result_folder s = stage(steps);
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
  result_folder first = stage();
  EXPECT_FALSE(first.begin());
  write_raw(first / "checkpoint", "half way");
  EXPECT_EQ(stage().reason(), "was not finished");

  EXPECT_TRUE(stage().begin());
  EXPECT_TRUE(std::filesystem::exists(stage() / "checkpoint"));

  EXPECT_FALSE(stage(4).begin());
  EXPECT_FALSE(std::filesystem::exists(stage() / "checkpoint"));
}

TEST_F(ResultFolder, AChangedOptionRemovesOldResults) {
  complete();

  EXPECT_FALSE(stage(4).begin());

  EXPECT_FALSE(std::filesystem::exists(stage() / "policy"));
  EXPECT_FALSE(stage().up_to_date());
}

TEST_F(ResultFolder, ADamagedRecordMeansToRunAgain) {
  complete();
  for (const std::string_view damaged : {"", "{", "[]", R"({"stage":"train"})", "null"}) {
    write_raw(stage() / "stage.json", damaged);

    EXPECT_FALSE(stage().up_to_date()) << damaged;
  }
}

TEST_F(ResultFolder, FilesOfSomebodyElseAreNeverReplaced) {
  std::filesystem::create_directories(stage().path());
  write_raw(stage() / "thesis.tex", "years of work");

  EXPECT_THROW(stage().begin(), file_error);
  EXPECT_TRUE(std::filesystem::exists(stage() / "thesis.tex"));

  std::filesystem::remove(stage() / "thesis.tex");
  write_raw(stage() / "stage.partial.json.1.2.tmp", "left by a writer that was killed");
  EXPECT_FALSE(stage().begin());
}

TEST_F(ResultFolder, AMissingInputIsAnError) {
  std::filesystem::remove(root_ / "input");

  EXPECT_THROW((void)stage(), file_error);
}

}  // namespace
}  // namespace flowkit::policy
