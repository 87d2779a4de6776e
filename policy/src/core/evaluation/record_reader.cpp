#include "core/evaluation/record_reader.hpp"

#include <cmath>

namespace flowkit::policy::detail {
namespace {

constexpr int known_version = 1;

/// A value as a message shows it: short, whatever the file says.
std::string shown(const json_value& value) {
  constexpr std::size_t longest = 40;
  if (value.is_number()) return to_json(value);
  if (value.is_string() && value.as_string().size() <= longest) return to_json(value);
  return std::string(value.kind());
}

}  // namespace

record_reader::record_reader(const json_value& value, std::string path)
    : value_(&value), path_(std::move(path)) {
  FLOWKIT_VALIDATE(value.is_object(), path_.empty() ? "the document" : path_,
                   ": expected an object, found ", value.kind());
}

const json_value* record_reader::find(std::string_view name) const {
  const json_value* found = value_->find(name);
  return found != nullptr && !found->is_null() ? found : nullptr;
}

bool record_reader::has(std::string_view name) const { return find(name) != nullptr; }

void record_reader::fail(std::string_view name, std::string_view reason) const {
  throw invalid_input(
      flowkit::text(path_.empty() ? "" : flowkit::text(path_, "."), name, ": ", reason));
}

const json_value& record_reader::require(std::string_view name) const {
  const json_value* found = find(name);
  if (found == nullptr) fail(name, "the member is missing");
  return *found;
}

std::string record_reader::text(std::string_view name) const {
  const json_value& value = require(name);
  if (!value.is_string()) fail(name, flowkit::text("expected a string, found ", value.kind()));
  return value.as_string();
}

std::string record_reader::text_or(std::string_view name, std::string fallback) const {
  return has(name) ? text(name) : std::move(fallback);
}

bool record_reader::flag(std::string_view name) const {
  const json_value& value = require(name);
  if (!value.is_bool()) fail(name, flowkit::text("expected true or false, found ", value.kind()));
  return value.as_bool();
}

index_t record_reader::to_count(std::string_view name, const json_value& value) const {
  const bool fits =
      value.is_integer() && value.as_integer() >= 0 && value.as_integer() <= largest_count;
  if (!fits) {
    fail(name, flowkit::text("expected an integer from 0 to 2^53, found ", shown(value)));
  }
  return static_cast<index_t>(value.as_integer());
}

index_t record_reader::count(std::string_view name) const { return to_count(name, require(name)); }

index_t record_reader::count_or(std::string_view name, index_t fallback) const {
  return has(name) ? count(name) : fallback;
}

double record_reader::to_amount(std::string_view name, const json_value& value) const {
  const double number = value.is_number() ? value.as_number() : -1;
  if (!(number >= 0) || !std::isfinite(number)) {
    fail(name,
         flowkit::text("expected a finite number that is not negative, found ", shown(value)));
  }
  return number;
}

double record_reader::amount_or(std::string_view name, double fallback) const {
  return has(name) ? to_amount(name, require(name)) : fallback;
}

std::optional<double> record_reader::optional_amount(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  return to_amount(name, require(name));
}

std::optional<double> record_reader::optional_number(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  try {
    return require(name).as_number();
  } catch (const invalid_input& problem) {
    fail(name, problem.what());
  }
}

std::vector<double> record_reader::numbers(std::string_view name) const {
  std::vector<double> out;
  for (const json_value& value : elements(name)) {
    try {
      out.push_back(value.as_number());
    } catch (const invalid_input& problem) {
      fail(flowkit::text(name, "[", out.size(), "]"), problem.what());
    }
  }
  return out;
}

std::vector<double> record_reader::amounts(std::string_view name) const {
  std::vector<double> out;
  for (const json_value& value : elements(name)) {
    out.push_back(to_amount(flowkit::text(name, "[", out.size(), "]"), value));
  }
  return out;
}

std::vector<index_t> record_reader::counts(std::string_view name) const {
  std::vector<index_t> out;
  for (const json_value& value : elements(name)) {
    out.push_back(to_count(flowkit::text(name, "[", out.size(), "]"), value));
  }
  return out;
}

std::optional<record_reader> record_reader::object(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  return record_reader(require(name), flowkit::text(path_, path_.empty() ? "" : ".", name));
}

const json_array& record_reader::elements(std::string_view name) const {
  static const json_array none;
  const json_value* found = find(name);
  if (found == nullptr) return none;
  if (!found->is_array()) fail(name, flowkit::text("expected an array, found ", found->kind()));
  return found->as_array();
}

std::string record_reader::element_path(std::string_view name, std::size_t i) const {
  return flowkit::text(path_, path_.empty() ? "" : ".", name, "[", i, "]");
}

void record_reader::expect_format(std::string_view format) const {
  const std::string found = text("format");
  if (found != format)
    fail("format", flowkit::text("expected ", to_json(format), ", found ", shown(found)));
  const index_t version = count("version");
  if (version != known_version) {
    fail("version",
         flowkit::text("this program reads version ", known_version, ", found ", version));
  }
}

std::string document_text(const json_value& document) {
  std::string out = "{";
  const char* separator = "\n";
  for (const json_member& member : document.as_object()) {
    out += separator;
    separator = ",\n";
    flowkit::detail::append_json_string(out, member.name);
    out.append(": ").append(to_json(member.value));
  }
  return out + "\n}\n";
}

json_value new_document(std::string_view format) {
  json_value out;
  out.set("format", format).set("version", known_version);
  return out;
}

void set_if(json_value& out, std::string_view name, const std::optional<double>& value) {
  if (value) out.set(name, *value);
}

void set_if(json_value& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out.set(name, value);
}

}  // namespace flowkit::policy::detail
