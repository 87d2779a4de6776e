#include <flowkit/io/json.hpp>

#include <algorithm>
#include <limits>

namespace flowkit {
namespace {

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

}  // namespace flowkit
