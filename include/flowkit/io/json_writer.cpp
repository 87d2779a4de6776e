#include <flowkit/io/json.hpp>
#include <flowkit/io/utf8.hpp>

#include <algorithm>
#include <cmath>

namespace flowkit {
namespace {

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

}  // namespace

std::string to_json(const json_value& value, json_style style) {
  writer out(style);
  out.write(value);
  return std::move(out.out);
}

namespace detail {

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
