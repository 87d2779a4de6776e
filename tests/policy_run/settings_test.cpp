#include <flowkit/policy/run/settings.hpp>

#include <support/files.hpp>

namespace flowkit::policy {
namespace {

using testing::temporary_directory;

settings example() {
  return settings(
      {{.name = "task", .initial = "reach", .unit = "", .help = "What to do."},
       {.name = "train.steps",
        .initial = 300,
        .unit = "steps",
        .help = "How long.",
        .least = 1,
        .most = 1e6},
       {.name = "train.rate", .initial = 1e-3, .unit = "", .help = "How fast.", .least = 0},
       {.name = "train.average", .initial = true, .unit = "", .help = "Smooth."},
       {.name = "align.rule",
        .initial = "adaptive",
        .unit = "",
        .help = "Which.",
        .choices = {"adaptive", "selective"}}});
}

std::string message_of(const auto& action) {
  try {
    action();
  } catch (const error& e) {
    return e.what();
  }
  return "nothing thrown";
}

TEST(Settings, AreAtTheirDefaultsFirst) {
  const settings s = example();

  EXPECT_EQ(s.string("task"), "reach");
  EXPECT_EQ(s.integer("train.steps"), 300);
  EXPECT_EQ(s.number("train.rate"), 1e-3);
  EXPECT_TRUE(s.boolean("train.average"));
}

TEST(Settings, ReadTextByKind) {
  settings s = example();

  s.set_text("train.steps", "1_000");
  EXPECT_EQ(s.integer("train.steps"), 1000);
  s.set_text("train.steps", "2e3");
  s.set_text("train.rate", "2");
  s.set_text("train.average", "false");
  s.set_text("task", "12");

  EXPECT_EQ(s.integer("train.steps"), 2000);
  EXPECT_EQ(s.number("train.rate"), 2);
  EXPECT_FALSE(s.boolean("train.average"));
  EXPECT_EQ(s.string("task"), "12");
}

TEST(Settings, MessagesSayWhatWouldBeAccepted) {
  settings s = example();
  const auto refused = [&](std::string_view name, std::string_view value,
                           std::string_view expected) {
    const std::string said = message_of([&] { s.set_text(name, value); });
    EXPECT_NE(said.find(expected), std::string::npos) << said;
  };

  refused("train.step", "3", "did you mean 'train.steps'?");
  refused("train.steps", "many", "needs an integer of steps");
  refused("train.steps", "1.5", "needs an integer of steps");
  refused("train.steps", "0", "between 1 and");
  refused("train.rate", "-1", "at least 0");
  refused("train.rate", "nan", "at least 0");
  refused("train.average", "1", "true or false");
  refused("align.rule", "adaptiv", "did you mean 'adaptive'?");
  refused("train.steps", "3\n[x]\ny = 4", "needs an integer");
}

TEST(Settings, AConfigurationFileIsReadBackEqual) {
  const temporary_directory folder;
  settings s = example();
  s.set("train.steps", 17);
  s.set("task", "a \"quoted\" name");
  testing::write_raw(folder / "config.toml", s.to_toml());

  settings again = example();
  again.read(folder / "config.toml");

  EXPECT_EQ(again.to_toml(), s.to_toml());
  EXPECT_EQ(to_json(again.section("train")), R"({"steps":17,"rate":0.001,"average":true})");
}

TEST(Settings, AFileMayWriteIntegersAsOptionsDo) {
  const temporary_directory folder;
  settings s = example();
  testing::write_raw(folder / "config.toml", "[train]\nsteps = 6e1\nrate = 1\n");

  s.read(folder / "config.toml");

  EXPECT_EQ(s.integer("train.steps"), 60);
  testing::write_raw(folder / "config.toml", "[train]\nsteps = 6.5\n");
  EXPECT_NE(message_of([&] { s.read(folder / "config.toml"); }).find("needs an integer"),
            std::string::npos);
}

TEST(Settings, AFileSaysWhichSettingsItLeavesOpen) {
  const temporary_directory folder;
  settings s = example();
  testing::write_raw(folder / "config.toml", "task = \"x\"\n[train]\nsteps = 6\n");

  EXPECT_EQ(s.read(folder / "config.toml"),
            (std::vector<std::string>{"train.rate", "train.average", "align.rule"}));
}

TEST(Settings, AFileWithAnUnknownKeyNamesLineAndNearest) {
  const temporary_directory folder;
  testing::write_raw(folder / "config.toml", "[train]\nstepps = 3\n");
  settings s = example();

  const std::string said = message_of([&] { s.read(folder / "config.toml"); });

  EXPECT_NE(said.find("config.toml"), std::string::npos) << said;
  EXPECT_NE(said.find("line 2"), std::string::npos) << said;
  EXPECT_NE(said.find("did you mean 'train.steps'?"), std::string::npos) << said;
}

TEST(Settings, SuggestOnlyWhatIsNear) {
  const std::vector<std::string> names{"train", "report", "distill"};

  EXPECT_EQ(nearest_name("trian", names), "train");
  EXPECT_EQ(nearest_name("raport", names), "report");
  EXPECT_EQ(nearest_name("zzzzz", names), "");
  EXPECT_EQ(suggestion("zzzzz", names), "");
}

}  // namespace
}  // namespace flowkit::policy
