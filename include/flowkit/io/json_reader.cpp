#include <flowkit/io/file.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/utf8.hpp>

#include <algorithm>
#include <charconv>

namespace flowkit {
namespace {

/// Recursive descent over text that is known to be UTF-8.
class reader {
 public:
  reader(std::string_view text, const json_limits& limits) : text_(text), limits_(limits) {}

  json_value document() {
    json_value out = value(0);
    skip_space();
    if (at_ != text_.size()) fail("unexpected text after the document");
    return out;
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    throw json_error(text("invalid JSON at byte ", at_, ": ", reason));
  }

  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool accept(char wanted) noexcept {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(text("expected '", wanted, "'"));
  }

  void skip_space() noexcept {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != text_.npos) ++at_;
  }

  json_value value(index_t depth) {
    if (depth > limits_.depth) fail(text("nested deeper than ", limits_.depth, " levels"));
    if (++values_ > limits_.values) fail(text("more than ", limits_.values, " values"));
    skip_space();
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return list(depth);
      case '"':
        return string();
      case 't':
        return literal("true", true);
      case 'f':
        return literal("false", false);
      case 'n':
        return literal("null", nullptr);
      default:
        return number();
    }
  }

  json_value literal(std::string_view name, json_value meaning) {
    if (text_.substr(at_, name.size()) != name) fail("unknown literal");
    at_ += name.size();
    return meaning;
  }

  json_value list(index_t depth) {
    json_array out;
    expect('[');
    skip_space();
    if (accept(']')) return out;
    do {
      out.push_back(value(depth + 1));
      skip_space();
    } while (accept(','));
    expect(']');
    return out;
  }

  json_value object(index_t depth) {
    json_object out;
    expect('{');
    skip_space();
    if (accept('}')) return out;
    do {
      skip_space();
      std::string name = string();
      skip_space();
      expect(':');
      out.push_back({std::move(name), value(depth + 1)});
      skip_space();
    } while (accept(','));
    expect('}');
    check_unique(out);
    return out;
  }

  void check_unique(const json_object& members) const {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& member : members) names.emplace_back(member.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) fail(text("the key ", to_json(*twice), " occurs twice in an object"));
  }

  std::string string() {
    expect('"');
    std::string out;
    for (;;) {
      const std::size_t start = at_;
      while (at_ < text_.size() && peek() != '"' && peek() != '\\' && !is_control(peek())) ++at_;
      out.append(text_.substr(start, at_ - start));
      if (accept('"')) return out;
      if (!accept('\\')) fail("unterminated string, or a control character in it");
      escape(out);
    }
  }

  static bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20; }

  void escape(std::string& out) {
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (accept('u')) return detail::append_utf8(out, unicode());
    const std::size_t which = at_ < text_.size() ? letters.find(text_[at_]) : letters.npos;
    if (which == letters.npos) fail("unknown escape sequence");
    out.push_back(meanings[which]);
    ++at_;
  }

  std::uint32_t unicode() {
    const std::uint32_t first = hex4();
    if (first < 0xD800 || first > 0xDFFF) return first;
    // Characters beyond 16 bits come as a high and a low surrogate; one alone means nothing.
    if (first > 0xDBFF || !accept('\\') || !accept('u')) fail("lone surrogate in a \\u escape");
    const std::uint32_t second = hex4();
    if (second < 0xDC00 || second > 0xDFFF) fail("lone surrogate in a \\u escape");
    return 0x10000U + ((first - 0xD800U) << 10U) + (second - 0xDC00U);
  }

  std::uint32_t hex4() {
    const std::string_view digits = text_.substr(at_, 4);
    std::uint32_t out = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
    if (error != std::errc{} || end != digits.data() + 4) fail("\\u needs four hexadecimal digits");
    at_ += 4;
    return out;
  }

  std::size_t skip_digits() {
    const std::size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    if (at_ == start) fail("expected a value");
    return at_ - start;
  }

  /// Checks the grammar first (from_chars would accept "01", "1." or "inf"), then converts.
  json_value number() {
    const std::size_t start = at_;
    const bool negative = accept('-');
    const bool zero = peek() == '0';
    if (skip_digits() > 1 && zero) fail("a number has leading zeros");
    bool whole = true;
    if (accept('.')) {
      whole = false;
      skip_digits();
    }
    if (accept('e') || accept('E')) {
      whole = false;
      if (!accept('-')) accept('+');
      skip_digits();
    }
    // "-0" must stay a double to keep its sign.
    const bool minus_zero = negative && zero;
    return convert(text_.substr(start, at_ - start), whole && !minus_zero);
  }

  json_value convert(std::string_view digits, bool whole) const {
    const char* end = digits.data() + digits.size();
    std::int64_t integer = 0;
    if (whole && std::from_chars(digits.data(), end, integer).ec == std::errc{}) return integer;
    double real = 0;
    if (std::from_chars(digits.data(), end, real).ec != std::errc{}) {
      fail("a number is outside the range of double");
    }
    return real;
  }

  std::string_view text_;
  const json_limits& limits_;
  std::size_t at_ = 0;
  index_t values_ = 0;
};

}  // namespace

json_value parse_json(std::string_view text, const json_limits& limits) {
  if (text.size() > static_cast<std::size_t>(limits.bytes)) {
    throw json_error(
        flowkit::text("JSON text of ", text.size(), " bytes exceeds the limit of ", limits.bytes));
  }
  const std::size_t valid = detail::valid_utf8_prefix(text);
  if (valid != text.size()) {
    throw json_error(flowkit::text("invalid JSON at byte ", valid, ": not UTF-8"));
  }
  return reader(text, limits).document();
}

json_value read_json(const std::string& path, const json_limits& limits) {
  const mapped_file file(path);
  try {
    return parse_json(detail::chars_of(file.bytes()), limits);
  } catch (const json_error& problem) {
    throw file_error(path, problem.what());
  }
}

}  // namespace flowkit
