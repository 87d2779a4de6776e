#include "core/json_fields.hpp"

#include <charconv>

namespace flowkit::policy::detail {

index_t integer_of(const json_value& v, const std::string& full, index_t least, index_t most) {
  FLOWKIT_VALIDATE(v.is_integer(), full, " is of kind ", v.kind(), ", not an integer");
  const index_t value = v.as_integer();
  FLOWKIT_VALIDATE(value >= least && value <= most, full, " is ", value, ": it must lie in ", least,
                   " .. ", most);
  return value;
}

double number_of(const json_value& v, const std::string& full) {
  try {
    return v.as_number();
  } catch (const invalid_input&) {
    FLOWKIT_VALIDATE(false, full, " is of kind ", v.kind(), ", not a number");
  }
  return 0;
}

std::string string_of(const json_value& v, const std::string& full) {
  constexpr std::size_t longest = 256;
  FLOWKIT_VALIDATE(v.is_string(), full, " is of kind ", v.kind(), ", not a string");
  const std::string& value = v.as_string();
  FLOWKIT_VALIDATE(!value.empty() && value.size() <= longest, full, " has ", value.size(),
                   " bytes: 1 .. ", longest, " are allowed");
  return value;
}

std::uint64_t seed_of(const json_value& v, const std::string& full) {
  const std::string digits = string_of(v, full);
  std::uint64_t seed = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  FLOWKIT_VALIDATE(problem == std::errc{} && end == digits.data() + digits.size(), full, " is '",
                   digits, "', not a seed of 64 bits");
  return seed;
}

json_fields::json_fields(const json_value& object, std::string where)
    : object_(&object), where_(std::move(where)) {
  FLOWKIT_VALIDATE(object.is_object(), where_.empty() ? "the document" : where_, " is of kind ",
                   object.kind(), ", not an object");
}

std::string json_fields::full(std::string_view name) const {
  return where_.empty() ? std::string(name) : text(where_, ".", name);
}

const json_value& json_fields::value(std::string_view name) const {
  const json_value* found = object_->find(name);
  FLOWKIT_VALIDATE(found != nullptr, full(name), " is missing");
  return *found;
}

index_t json_fields::integer(std::string_view name, index_t least, index_t most) const {
  return integer_of(value(name), full(name), least, most);
}

double json_fields::number(std::string_view name) const {
  return number_of(value(name), full(name));
}

std::uint64_t json_fields::seed(std::string_view name) const {
  return seed_of(value(name), full(name));
}

std::string json_fields::string(std::string_view name) const {
  return string_of(value(name), full(name));
}

const json_array& json_fields::list(std::string_view name, index_t most_values) const {
  const json_value& v = value(name);
  FLOWKIT_VALIDATE(v.is_array(), full(name), " is of kind ", v.kind(), ", not an array");
  const auto size = static_cast<index_t>(v.as_array().size());
  FLOWKIT_VALIDATE(size <= most_values, full(name), " has ", size, " values: at most ", most_values,
                   " are allowed");
  return v.as_array();
}

std::vector<index_t> json_fields::integers(std::string_view name, index_t most_values,
                                           index_t least, index_t most) const {
  std::vector<index_t> out;
  for (const json_value& v : list(name, most_values)) {
    out.push_back(integer_of(v, full(text(name, "[", out.size(), "]")), least, most));
  }
  return out;
}

std::vector<std::string> json_fields::strings(std::string_view name, index_t most_values) const {
  std::vector<std::string> out;
  for (const json_value& v : list(name, most_values)) {
    out.push_back(string_of(v, full(text(name, "[", out.size(), "]"))));
  }
  return out;
}

json_fields json_fields::object(std::string_view name) const { return {value(name), full(name)}; }

std::vector<json_fields> json_fields::objects(std::string_view name, index_t most_values) const {
  std::vector<json_fields> out;
  for (const json_value& v : list(name, most_values)) {
    out.emplace_back(v, full(text(name, "[", out.size(), "]")));
  }
  return out;
}

const json_object& json_fields::members() const { return object_->as_object(); }

}  // namespace flowkit::policy::detail
