// Reading and writing JSON: what is accepted, what is refused, what survives a round trip.
#include <flowkit/io/json.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace flowkit {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

std::string refusal(std::string_view text, const json_limits& limits = {}) {
  return message_of<json_error>([&] { (void)parse_json(text, limits); });
}

TEST(json, reads_every_kind_of_value) {
  const json_value document =
      parse_json(R"( {"a": [1, -2.5e1, true, false, null], "b": {"c": "d"}} )");

  const json_array& a = document.at("a").as_array();
  EXPECT_EQ(a[0].as_integer(), 1);
  EXPECT_EQ(a[1].as_number(), -25);
  EXPECT_TRUE(a[2].as_bool());
  EXPECT_FALSE(a[3].as_bool());
  EXPECT_TRUE(a[4].is_null());
  EXPECT_EQ(document.at("b").at("c").as_string(), "d");
  EXPECT_EQ(document.find("z"), nullptr);
}

TEST(json, members_keep_their_order) {
  const std::string text = R"({"z":1,"a":2,"m":3})";

  EXPECT_EQ(to_json(parse_json(text)), text);
}

TEST(json, integers_are_exact_and_other_numbers_are_doubles) {
  EXPECT_EQ(parse_json("9223372036854775807").as_integer(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(parse_json("9223372036854775808").is_integer());
  EXPECT_FALSE(parse_json("2.0").is_integer());
  EXPECT_FALSE(parse_json("2e0").is_integer());
  EXPECT_TRUE(std::signbit(parse_json("-0").as_number()));
}

TEST(json, escapes_are_decoded) {
  EXPECT_EQ(parse_json(R"("\"\\\/\b\f\n\r\t")").as_string(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(parse_json(R"("\u00e9\u20AC\ud83d\ude00")").as_string(), "é€😀");
  EXPECT_EQ(parse_json(R"("a\u0000b")").as_string(), std::string("a\0b", 3));
}

TEST(json, malformed_text_is_refused_with_its_place) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{a:1}",
                           "'a'",
                           "tru",
                           "nul",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "-",
                           "1e",
                           "0x10",
                           "NaN",
                           "Infinity",
                           "\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"a\nb\"",
                           "1 1",
                           "{} x",
                           "1e999",
                           "]"}) {
    EXPECT_THAT(refusal(text), HasSubstr("invalid JSON at byte")) << text;
  }
  EXPECT_THAT(refusal("[1, x]"), HasSubstr("at byte 4"));
}

TEST(json, duplicate_keys_are_refused_by_name) {
  EXPECT_THAT(refusal(R"({"a":1,"b":2,"a":3})"), HasSubstr("\"a\" occurs twice"));
  EXPECT_THAT(refusal(R"({"a":1,"\u0061":3})"), HasSubstr("\"a\" occurs twice"));
}

TEST(json, text_that_is_not_utf8_is_refused) {
  for (const char* text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xe0\x80\xaf\"", "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\xef\xbb\xbf{}"}) {
    EXPECT_THAT(refusal(text), HasSubstr("invalid JSON"));
  }
}

TEST(json, depth_size_and_number_of_values_are_bounded) {
  const std::string deep = std::string(100'000, '[');

  EXPECT_THAT(refusal(deep), HasSubstr("deeper than 64"));
  EXPECT_THAT(refusal("[[1]]", {.depth = 1}), HasSubstr("deeper than 1"));
  EXPECT_THAT(refusal("[1,2,3]", {.values = 3}), HasSubstr("more than 3 values"));
  EXPECT_THAT(refusal("[1,2,3]", {.bytes = 6}), HasSubstr("exceeds the limit of 6"));
  EXPECT_NO_THROW((void)parse_json("[1,2,3]", {.depth = 1, .bytes = 7, .values = 4}));
}

TEST(json, numbers_are_written_so_that_they_read_back_equal) {
  for (const double value :
       {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e21, 123456789.0}) {
    const double back = parse_json(to_json(value)).as_number();
    EXPECT_EQ(back, value);
    EXPECT_EQ(std::signbit(back), std::signbit(value));
  }
  EXPECT_EQ(to_json(0.1), "0.1");
  EXPECT_EQ(to_json(std::uint64_t{1} << 63U), "9223372036854775808");
}

TEST(json, numbers_that_are_not_finite_become_strings_and_read_back) {
  const double infinity = std::numeric_limits<double>::infinity();

  EXPECT_EQ(to_json(std::nan("")), "\"NaN\"");
  EXPECT_TRUE(std::isnan(parse_json(to_json(std::nan(""))).as_number()));
  EXPECT_EQ(parse_json(to_json(infinity)).as_number(), infinity);
  EXPECT_EQ(parse_json(to_json(-infinity)).as_number(), -infinity);
}

TEST(json, strings_are_escaped_and_always_valid_utf8) {
  EXPECT_EQ(to_json("a\"b\\c\nd\x01 é"), R"("a\"b\\c\nd\u0001 é")");
  EXPECT_EQ(to_json("\xff"), "\"\xEF\xBF\xBD\"");
}

TEST(json, a_document_can_be_built_and_changed) {
  json_value document;

  document.set("name", "run").set("steps", 3).set("rates", json_array{0.5, 1, true, nullptr});
  document.set("steps", 4);

  EXPECT_EQ(to_json(document), R"({"name":"run","steps":4,"rates":[0.5,1,true,null]})");
}

TEST(json, indentation_is_two_spaces) {
  EXPECT_EQ(to_json(parse_json(R"({"a":[1,2],"b":{},"c":[]})"), json_style::indented),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
}

TEST(json, a_wrong_kind_or_a_missing_member_is_named) {
  const json_value document = parse_json(R"({"a":1})");

  EXPECT_THAT(message_of<invalid_input>([&] { (void)document.at("a").as_string(); }),
              HasSubstr("expected a string, found integer"));
  EXPECT_THAT(message_of<invalid_input>([&] { (void)document.at("b"); }),
              HasSubstr("no member \"b\""));
}

TEST(json, a_file_is_named_when_it_cannot_be_read) {
  const testing::temporary_directory directory;
  testing::write_raw(directory / "a.json", "{\"a\":");

  const auto message = message_of<file_error>([&] { (void)read_json(directory / "a.json"); });

  EXPECT_THAT(message, HasSubstr(directory / "a.json"));
  EXPECT_EQ(read_json(testing::golden("broken/expect.json")).as_array().size(), 20U);
}

}  // namespace
}  // namespace flowkit
