#include <flowkit/io/file.hpp>
#include <flowkit/policy/run/toml.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

namespace flowkit::policy {
namespace {

constexpr std::size_t most_bytes = 1'000'000;

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// Reads one line from left to right.
class line_reader {
 public:
  line_reader(std::string_view line, index_t number) : rest_(line), number_(number) {}

  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }
  [[nodiscard]] bool at_end() {
    skip_space();
    return rest_.empty() || rest_.front() == '#';
  }
  bool accept(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string name() {
    skip_space();
    std::size_t length = 0;
    while (length < rest_.size() && name_character(rest_[length])) ++length;
    if (length == 0) fail("expected a name of letters, digits, '_' or '-'");
    return take(length);
  }
  json_value value() {
    skip_space();
    if (accept('"')) return quoted();
    if (accept('\'')) return literal();
    std::size_t length = 0;
    while (length < rest_.size() &&
           std::string_view(" \t#").find(rest_[length]) == std::string::npos) {
      ++length;
    }
    return bare(take(length));
  }
  [[noreturn]] void fail(std::string_view reason) const {
    throw invalid_input(text("line ", number_, ": ", reason));
  }

 private:
  std::string take(std::size_t length) {
    std::string out(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return out;
  }

  std::string literal() {
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos)
      fail("a text that begins with ' must end with ' in its line");
    std::string out = take(end);
    rest_.remove_prefix(1);
    return out;
  }

  std::string quoted() {
    std::string out;
    while (!rest_.empty() && rest_.front() != '"') {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      out.push_back(c == '\\' ? escaped() : c);
    }
    if (rest_.empty()) fail("a text that begins with \" must end with \" in its line");
    rest_.remove_prefix(1);
    return out;
  }

  char escaped() {
    constexpr std::string_view letters = "\"\\ntr";
    constexpr std::string_view meaning = "\"\\\n\t\r";
    const std::size_t at = rest_.empty() ? std::string_view::npos : letters.find(rest_.front());
    if (at == std::string_view::npos) fail("after \\ only \" \\ n t r may follow");
    rest_.remove_prefix(1);
    return meaning[at];
  }

  [[nodiscard]] json_value bare(const std::string& word) const {
    if (word == "true") return true;
    if (word == "false") return false;
    if (const std::optional<json_value> number = number_of(word)) return *number;
    fail(text("'", word, "' is no value: write true, false, a number, or \"text\" in quotes"));
  }

  /// Underscores between digits are dropped; what remains is read as an integer, else as a number.
  static std::optional<json_value> number_of(std::string word) {
    for (std::size_t i = 0; i < word.size(); ++i) {
      const auto digit = [&](std::size_t at) {
        return at < word.size() && word[at] >= '0' && word[at] <= '9';
      };
      if (word[i] == '_' && (i == 0 || !digit(i - 1) || !digit(i + 1))) return std::nullopt;
    }
    std::erase(word, '_');
    const bool negative = word.starts_with('-');
    const std::string_view digits =
        std::string_view(word).substr(negative || word.starts_with('+'));
    if (digits == "inf" || digits == "nan") {
      const double value = digits == "inf" ? std::numeric_limits<double>::infinity()
                                           : std::numeric_limits<double>::quiet_NaN();
      return json_value(negative ? -value : value);
    }
    const bool zeros_first =
        digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    if (digits.empty() || digits.front() < '0' || digits.front() > '9' || zeros_first)
      return std::nullopt;
    return converted(text(negative ? "-" : "", digits));
  }

  static std::optional<json_value> converted(const std::string& word) {
    const char* const end = word.data() + word.size();
    std::int64_t integer = 0;
    if (const auto r = std::from_chars(word.data(), end, integer);
        r.ec == std::errc{} && r.ptr == end) {
      return json_value(integer);
    }
    const std::size_t point = word.find('.');
    if (point != std::string::npos &&
        (point + 1 == word.size() || word[point + 1] < '0' || word[point + 1] > '9')) {
      return std::nullopt;
    }
    double number = 0;
    if (const auto r = std::from_chars(word.data(), end, number);
        r.ec == std::errc{} && r.ptr == end) {
      return json_value(number);
    }
    return std::nullopt;
  }

  std::string_view rest_;
  index_t number_;
};

/// The lines of a document become entries; names are seen once.
class document_reader {
 public:
  std::vector<toml_entry> read(std::string_view document) {
    FLOWKIT_VALIDATE(document.size() <= most_bytes, "a configuration of ", document.size(),
                     " bytes is larger than ", most_bytes, ": this is no configuration");
    while (!document.empty()) {
      const std::size_t end = std::min(document.find('\n'), document.size());
      std::string_view line = document.substr(0, end);
      document.remove_prefix(std::min(end + 1, document.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      read_line(line, ++number_);
    }
    return std::move(entries_);
  }

 private:
  void read_line(std::string_view text_of_line, index_t number) {
    line_reader line(text_of_line, number);
    for (const char c : text_of_line) {
      if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f)
        line.fail("a control character is not allowed");
    }
    if (line.at_end()) return;
    if (line.accept('[')) {
      section_ = line.name();
      if (!line.accept(']')) line.fail("a section is written [name], without dots");
      if (!sections_.insert(section_).second)
        line.fail(text("section [", section_, "] occurs twice"));
    } else {
      read_entry(line, number);
    }
    if (!line.at_end()) line.fail("nothing may follow but a comment");
  }

  void read_entry(line_reader& line, index_t number) {
    const std::string name = line.name();
    if (!line.accept('=')) line.fail(text("expected '=' after '", name, "'"));
    const std::string key = section_.empty() ? name : section_ + "." + name;
    if (!keys_.insert(key).second) line.fail(text("'", key, "' occurs twice"));
    entries_.push_back({key, line.value(), number});
  }

  std::string section_;
  std::set<std::string> sections_;
  std::set<std::string> keys_;
  std::vector<toml_entry> entries_;
  index_t number_ = 0;
};

std::string quoted_text(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    const std::size_t at = std::string_view("\"\\\n\t\r").find(c);
    if (at == std::string_view::npos) {
      out.push_back(c);
    } else {
      out.push_back('\\');
      out.push_back("\"\\ntr"[at]);
    }
  }
  return out + "\"";
}

/// Shortest text of a number that is no integer to a reader.
std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const std::string digits = text(value);
  const bool real = digits.find_first_of(".e") != std::string::npos;
  return real ? digits : digits + ".0";
}

}  // namespace

std::vector<toml_entry> parse_toml(std::string_view text) { return document_reader().read(text); }

std::vector<toml_entry> read_toml(const std::string& path) {
  const mapped_file file(path);
  try {
    return parse_toml(flowkit::detail::chars_of(file.bytes()));
  } catch (const invalid_input& e) {
    throw file_error(path, e.what());
  }
}

std::string to_toml(const json_value& value) {
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_integer()) return text(value.as_integer());
  if (value.is_number()) return number_text(value.as_number());
  FLOWKIT_VALIDATE(value.is_string(), "a configuration cannot hold ", value.kind(),
                   ": only booleans, numbers and texts");
  return quoted_text(value.as_string());
}

}  // namespace flowkit::policy
