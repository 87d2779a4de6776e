#include <flowkit/io/file.hpp>
#include <flowkit/io/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace flowkit {
namespace {

/// Bytes of the UTF-8 character at the front of `text`, 0 if it is malformed (overlong forms,
/// surrogates and values above U+10FFFF included). `text` is not empty.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool malformed = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                         (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return malformed ? 0 : length;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto tail = [&](int shift) { put(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    put(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

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
    if (accept('u')) return append_utf8(out, unicode());
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

class writer {
 public:
  explicit writer(json_style style) : indented_(style == json_style::indented) {}

  void write(const json_value& value) {
    if (value.is_object()) {
      list('{', value.as_object(), '}', [&](const json_member& m) {
        detail::append_json_string(out, m.name);
        out += indented_ ? ": " : ":";
        write(m.value);
      });
    } else if (value.is_array()) {
      list('[', value.as_array(), ']', [&](const json_value& v) { write(v); });
    } else if (value.is_string()) {
      detail::append_json_string(out, value.as_string());
    } else if (value.is_integer()) {
      out += text(value.as_integer());
    } else if (value.is_number()) {
      detail::append_json_number(out, value.as_number());
    } else {
      out += value.is_null() ? "null" : text(value.as_bool());
    }
  }

  std::string out;

 private:
  template <class List, class Each>
  void list(char open, const List& items, char close, const Each& each) {
    out.push_back(open);
    ++depth_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out.push_back(',');
      break_line();
      each(items[i]);
    }
    --depth_;
    if (!items.empty()) break_line();
    out.push_back(close);
  }

  void break_line() {
    if (indented_) out.append("\n").append(2 * depth_, ' ');
  }

  bool indented_;
  std::size_t depth_ = 0;
};

constexpr std::string_view kinds[] = {"null",   "boolean", "integer", "number",
                                      "string", "array",   "object"};

}  // namespace

std::string_view json_value::kind() const noexcept { return kinds[data_.index()]; }

void json_value::throw_kind(const char* wanted) const {
  throw invalid_input(text("JSON: expected ", wanted, ", found ", kind()));
}

double json_value::as_number() const {
  if (is_integer()) return static_cast<double>(as_integer());
  if (is_string()) {
    if (as_string() == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (as_string() == "Infinity") return std::numeric_limits<double>::infinity();
    if (as_string() == "-Infinity") return -std::numeric_limits<double>::infinity();
  }
  return get<double>("a number");
}

std::string json_value::as_string() && { return std::as_const(*this).as_string(); }
json_array json_value::as_array() && { return std::as_const(*this).as_array(); }
json_object json_value::as_object() && { return std::as_const(*this).as_object(); }
json_value json_value::at(std::string_view name) && { return std::as_const(*this).at(name); }

const json_value* json_value::find(std::string_view name) const& {
  const auto& members = as_object();
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const json_member& m) { return m.name == name; });
  return found == members.end() ? nullptr : &found->value;
}

const json_value& json_value::at(std::string_view name) const& {
  const json_value* found = find(name);
  FLOWKIT_VALIDATE(found != nullptr, "JSON: the object has no member ", to_json(name));
  return *found;
}

json_value& json_value::set(std::string_view name, json_value value) {
  if (is_null()) data_ = json_object{};
  if (!is_object()) throw_kind("an object");
  auto& members = std::get<json_object>(data_);
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const json_member& m) { return m.name == name; });
  if (found == members.end()) {
    members.push_back({std::string(name), std::move(value)});
  } else {
    found->value = std::move(value);
  }
  return *this;
}

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

std::string to_json(const json_value& value, json_style style) {
  writer out(style);
  out.write(value);
  return std::move(out.out);
}

namespace detail {

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text.front());
    if (length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD, the replacement character
    } else if (c == '"' || c == '\\') {
      out.append({'\\', static_cast<char>(c)});
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      out.append("\\u00").append({hex[c >> 4U], hex[c & 0xFU]});
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out.push_back('"');
}

void append_json_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    out += number_text(value);
  }
}

}  // namespace detail
}  // namespace flowkit
