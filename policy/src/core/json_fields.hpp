// Reading of documents from outside: every field by its full name, with its kind and bounds.
#pragma once

#include <flowkit/io/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace flowkit::policy::detail {

/// An object of a document. All accessors throw invalid_input that begins with the full name of the
/// field: "spec.horizon is 0: ...".
class json_fields {
 public:
  json_fields(const json_value& object, std::string where);

  /// The field as it is.
  [[nodiscard]] const json_value& value(std::string_view name) const;
  [[nodiscard]] index_t integer(std::string_view name, index_t least, index_t most) const;
  [[nodiscard]] double number(std::string_view name) const;
  /// A seed of 64 bits, which is a text: JSON numbers of other programs are doubles.
  [[nodiscard]] std::uint64_t seed(std::string_view name) const;
  /// A text of 1 to 256 bytes.
  [[nodiscard]] std::string string(std::string_view name) const;
  [[nodiscard]] std::vector<index_t> integers(std::string_view name, index_t most_values,
                                              index_t least, index_t most) const;
  [[nodiscard]] std::vector<std::string> strings(std::string_view name, index_t most_values) const;
  [[nodiscard]] json_fields object(std::string_view name) const;
  [[nodiscard]] std::vector<json_fields> objects(std::string_view name, index_t most_values) const;
  /// The members of an object whose names are data.
  [[nodiscard]] const json_object& members() const;
  /// The full name of a field.
  [[nodiscard]] std::string full(std::string_view name) const;

 private:
  [[nodiscard]] const json_array& list(std::string_view name, index_t most_values) const;

  const json_value* object_;
  std::string where_;
};

/// Reads values that are not members.
[[nodiscard]] index_t integer_of(const json_value& v, const std::string& full, index_t least,
                                 index_t most);
[[nodiscard]] double number_of(const json_value& v, const std::string& full);
[[nodiscard]] std::string string_of(const json_value& v, const std::string& full);
[[nodiscard]] std::uint64_t seed_of(const json_value& v, const std::string& full);

}  // namespace flowkit::policy::detail
