#include <flowkit/policy/run/toml.hpp>

#include <support/files.hpp>

#include <cmath>

namespace flowkit::policy {
namespace {

using testing::temporary_directory;

json_value only_value(std::string_view value) {
  return parse_toml(text("x = ", value)).at(0).value;
}

TEST(Toml, ReadsSectionsCommentsAndAllKinds) {
  const std::vector<toml_entry> read = parse_toml(
      "# a configuration\n"
      "name = \"pick\\tplace \\\"two\\\"\" # said so\r\n"
      "\n"
      "[train]\n"
      "steps = 1_000\n"
      "rate=1e-3\n"
      "average = true\n"
      "[collect]\n"
      "path = 'C:\\as it is'");

  ASSERT_EQ(read.size(), 5U);
  EXPECT_EQ(read[0].key, "name");
  EXPECT_EQ(read[0].value.as_string(), "pick\tplace \"two\"");
  EXPECT_EQ(read[1].key, "train.steps");
  EXPECT_EQ(read[1].value.as_integer(), 1000);
  EXPECT_EQ(read[1].line, 5);
  EXPECT_EQ(read[2].value.as_number(), 1e-3);
  EXPECT_TRUE(read[3].value.as_bool());
  EXPECT_EQ(read[4].key, "collect.path");
  EXPECT_EQ(read[4].value.as_string(), "C:\\as it is");
}

TEST(Toml, KeepsIntegersAndNumbersApart) {
  EXPECT_TRUE(only_value("-3").is_integer());
  EXPECT_TRUE(only_value("+3").is_integer());
  EXPECT_FALSE(only_value("3.0").is_integer());
  EXPECT_TRUE(std::isinf(only_value("-inf").as_number()));
  EXPECT_TRUE(std::isnan(only_value("nan").as_number()));
}

TEST(Toml, RefusesWhatItDoesNotKnowAndNamesTheLine) {
  for (const std::string_view bad : {"x",
                                     "x =",
                                     "x = yes",
                                     "= 3",
                                     "x = [1, 2]",
                                     "x = {a = 1}",
                                     "x = 1 2",
                                     "x = \"open",
                                     "x = 'open",
                                     "x = \"\\u0041\"",
                                     "x = 1__0",
                                     "x = _1",
                                     "x = 01",
                                     "x = 1.",
                                     "x = .5",
                                     "x = 0x10",
                                     "a.b = 1",
                                     "[a.b]",
                                     "[a",
                                     "[]",
                                     "[a] x = 1",
                                     "x = 1\nx = 2",
                                     "[a]\n[a]",
                                     "x = 1979-05-27",
                                     "x = \"\x01\"",
                                     "x = 1e",
                                     "x = --1"}) {
    try {
      (void)parse_toml(text("# first\n", bad));
      ADD_FAILURE() << "accepted: " << bad;
    } catch (const invalid_input& e) {
      EXPECT_NE(std::string(e.what()).find("line "), std::string::npos) << e.what();
    }
  }
}

TEST(Toml, WritesWhatItReads) {
  for (const json_value& value :
       {json_value(true), json_value(-12), json_value(0.1), json_value(3.0), json_value(1e300),
        json_value("a \"b\" \\ \n\t"), json_value("")}) {
    const json_value again = only_value(to_toml(value));

    EXPECT_EQ(to_json(again), to_json(value));
    EXPECT_EQ(again.kind(), value.kind());
  }
}

TEST(Toml, FileErrorsNameFileAndLine) {
  const temporary_directory folder;
  testing::write_raw(folder / "c.toml", "a = 1\nb = what");

  try {
    (void)read_toml(folder / "c.toml");
    FAIL();
  } catch (const file_error& e) {
    EXPECT_NE(std::string(e.what()).find("c.toml"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("line 2"), std::string::npos);
  }
  EXPECT_THROW((void)read_toml(folder / "none.toml"), file_error);
}

}  // namespace
}  // namespace flowkit::policy
