// JSON documents (RFC 8259): a value type, a strict bounded reader and a writer.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/platform.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace flowkit {

class json_value;
struct json_member;
using json_array = std::vector<json_value>;
/// Members keep the order in which they were written or read.
using json_object = std::vector<json_member>;

/// Any JSON value.
///
/// Numbers written without fraction and exponent that fit 64 bits stay integers, so offsets and
/// seeds are exact; all others are doubles. The `as_` accessors throw invalid_input with the kind
/// that was found.
class json_value {
 public:
  // Conversions are implicit on purpose: {"step", 3} should read like the document it becomes.
  // Those that are not templates are defined below, where json_member is complete.
  json_value() = default;
  json_value(std::nullptr_t);
  json_value(std::string value);
  json_value(std::string_view value);
  json_value(const char* value);
  json_value(json_array value);
  json_value(json_object value);
  json_value(std::same_as<bool> auto value) { assign(value); }
  json_value(std::floating_point auto value) { assign(static_cast<double>(value)); }
  /// Unsigned values above 2^63 - 1 become doubles.
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  json_value(I value) {
    if (std::in_range<std::int64_t>(value)) {
      assign(static_cast<std::int64_t>(value));
    } else {
      assign(static_cast<double>(value));
    }
  }

  [[nodiscard]] bool is_null() const noexcept { return data_.index() == 0; }
  [[nodiscard]] bool is_bool() const noexcept { return holds<bool>(); }
  [[nodiscard]] bool is_integer() const noexcept { return holds<std::int64_t>(); }
  [[nodiscard]] bool is_number() const noexcept { return is_integer() || holds<double>(); }
  [[nodiscard]] bool is_string() const noexcept { return holds<std::string>(); }
  [[nodiscard]] bool is_array() const noexcept { return holds<json_array>(); }
  [[nodiscard]] bool is_object() const noexcept { return holds<json_object>(); }
  /// "null", "boolean", "integer", "number", "string", "array" or "object".
  [[nodiscard]] std::string_view kind() const noexcept;

  [[nodiscard]] bool as_bool() const { return get<bool>("a boolean"); }
  [[nodiscard]] std::int64_t as_integer() const { return get<std::int64_t>("an integer"); }
  /// Accepts integers and the strings that the writer makes of non-finite numbers.
  [[nodiscard]] double as_number() const;
  // What a temporary document holds is handed out by value, so that no reference outlives it.
  [[nodiscard]] const std::string& as_string() const& { return get<std::string>("a string"); }
  [[nodiscard]] std::string as_string() &&;
  [[nodiscard]] const json_array& as_array() const& { return get<json_array>("an array"); }
  [[nodiscard]] json_array as_array() &&;
  [[nodiscard]] const json_object& as_object() const& { return get<json_object>("an object"); }
  [[nodiscard]] json_object as_object() &&;

  /// Member of an object, or null if there is none. Linear in the number of members.
  [[nodiscard]] const json_value* find(std::string_view name) const&;
  const json_value* find(std::string_view name) && = delete;
  /// Member of an object; throws invalid_input that names the missing member.
  [[nodiscard]] const json_value& at(std::string_view name) const&;
  [[nodiscard]] json_value at(std::string_view name) &&;
  /// Adds or replaces a member. A null value becomes an object first.
  json_value& set(std::string_view name, json_value value);

 private:
  template <class T>
  [[nodiscard]] bool holds() const noexcept {
    return std::holds_alternative<T>(data_);
  }
  template <class T>
  [[nodiscard]] const T& get(const char* wanted) const {
    if (const T* value = std::get_if<T>(&data_)) return *value;
    throw_kind(wanted);
  }
  void assign(bool value);
  void assign(std::int64_t value);
  void assign(double value);
  [[noreturn]] void throw_kind(const char* wanted) const;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, json_array, json_object>
      data_;
};

/// A name of an object and its value.
struct json_member {
  std::string name;
  json_value value;
};

inline void json_value::assign(bool value) { data_ = value; }
inline void json_value::assign(std::int64_t value) { data_ = value; }
inline void json_value::assign(double value) { data_ = value; }
inline json_value::json_value(std::nullptr_t) {}
inline json_value::json_value(std::string value) : data_(std::move(value)) {}
inline json_value::json_value(std::string_view value) : data_(std::string(value)) {}
inline json_value::json_value(const char* value) : data_(std::string(value)) {}
inline json_value::json_value(json_array value) : data_(std::move(value)) {}
inline json_value::json_value(json_object value) : data_(std::move(value)) {}

/// What a document may cost: recursion is bounded by `depth`, memory by `bytes` and `values`
/// (a value of two characters occupies some 50 bytes).
struct json_limits {
  index_t depth = 64;
  index_t bytes = 100'000'000;
  index_t values = 2'000'000;
};

/// A document that is not valid JSON, or exceeds a limit. The message gives the byte offset.
class json_error : public invalid_input {
  using invalid_input::invalid_input;
};

/// Reads one document: valid UTF-8 without byte order mark, no duplicate member names, nothing but
/// white space after it. Throws json_error.
[[nodiscard]] json_value parse_json(std::string_view text, const json_limits& limits = {});

/// Reads a document from a file. Throws file_error.
[[nodiscard]] json_value read_json(const std::string& path, const json_limits& limits = {});

/// Whether line breaks and two-space indentation are written.
enum class json_style { compact, indented };

/// The document as text. Numbers are the shortest that read back equal; non-finite ones, which JSON
/// lacks, become the strings "NaN", "Infinity", "-Infinity" (a diverged run must stay visible).
[[nodiscard]] std::string to_json(const json_value& value, json_style style = json_style::compact);

namespace detail {
/// Appends `text` quoted and escaped. Bytes that are not UTF-8 are replaced by U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// Appends a number as to_json does.
void append_json_number(std::string& out, double value);
}  // namespace detail

}  // namespace flowkit
