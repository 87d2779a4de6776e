// Reading our own documents as if they were not ours: every member is checked and named.
#pragma once

#include <flowkit/io/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flowkit::policy::detail {

/// Largest seed or count of a record: exact in every JSON reader.
inline constexpr index_t largest_count = index_t{1} << 53;

/// An object of a JSON document that is read member by member. All errors are invalid_input and
/// begin with the path of the member, e.g. "episodes[3].seed". Refers to the document.
class record_reader {
 public:
  /// Throws if the value is no object.
  explicit record_reader(const json_value& value, std::string path = {});

  /// A member of this name that is not null exists.
  [[nodiscard]] bool has(std::string_view name) const;

  /// Required members.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] index_t count(std::string_view name) const;  ///< 0 to 2^53

  /// Members that may be absent.
  [[nodiscard]] std::string text_or(std::string_view name, std::string fallback) const;
  [[nodiscard]] index_t count_or(std::string_view name, index_t fallback) const;
  [[nodiscard]] double amount_or(std::string_view name, double fallback) const;
  [[nodiscard]] std::optional<double> optional_number(std::string_view name) const;
  [[nodiscard]] std::optional<double> optional_amount(std::string_view name) const;
  [[nodiscard]] std::vector<double> numbers(std::string_view name) const;  ///< finite or not
  [[nodiscard]] std::vector<double> amounts(std::string_view name) const;  ///< finite, >= 0
  [[nodiscard]] std::vector<index_t> counts(std::string_view name) const;
  [[nodiscard]] std::optional<record_reader> object(std::string_view name) const;

  /// Reads every element of an array of objects with `read(record_reader)`.
  template <class Read>
  [[nodiscard]] auto each(std::string_view name, const Read& read) const {
    std::vector<decltype(read(std::declval<const record_reader&>()))> out;
    for (std::size_t i = 0; i < elements(name).size(); ++i) {
      out.push_back(read(record_reader(elements(name)[i], element_path(name, i))));
    }
    return out;
  }

  /// Refuses a document of another kind, or of a version that this program does not know.
  void expect_format(std::string_view format) const;

  [[noreturn]] void fail(std::string_view name, std::string_view reason) const;
  [[nodiscard]] const json_object& members() const { return value_->as_object(); }

 private:
  [[nodiscard]] const json_value* find(std::string_view name) const;
  [[nodiscard]] const json_value& require(std::string_view name) const;
  /// Elements of an array; none if it is absent.
  [[nodiscard]] const json_array& elements(std::string_view name) const;
  [[nodiscard]] std::string element_path(std::string_view name, std::size_t i) const;
  [[nodiscard]] index_t to_count(std::string_view name, const json_value& value) const;
  [[nodiscard]] double to_amount(std::string_view name, const json_value& value) const;

  const json_value* value_;
  std::string path_;
};

/// The document with one member per line: readable, and small however long its columns are.
[[nodiscard]] std::string document_text(const json_value& document);

/// A new document of this format.
[[nodiscard]] json_value new_document(std::string_view format);

/// Sets a member only if it says something.
void set_if(json_value& out, std::string_view name, const std::optional<double>& value);
void set_if(json_value& out, std::string_view name, const std::string& value);

/// The values as an array.
template <class T>
[[nodiscard]] json_value json_column(const std::vector<T>& values) {
  return json_array(values.begin(), values.end());
}

/// What a file of ours may cost. An evaluation at its limits has some 2.7 million values.
inline constexpr json_limits document_limits{.depth = 16, .bytes = 64'000'000, .values = 4'000'000};

/// Reads a file of ours: what `read(document)` refuses becomes a file_error.
template <class Read>
[[nodiscard]] auto read_document(const std::string& path, const Read& read) {
  const json_value document = read_json(path, document_limits);
  try {
    return read(document);
  } catch (const invalid_input& problem) {
    throw file_error(path, problem.what());
  }
}

}  // namespace flowkit::policy::detail
