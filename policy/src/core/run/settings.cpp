#include <flowkit/policy/run/settings.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowkit::policy {
namespace {

std::string_view wanted_kind(const setting_info& s) {
  if (s.initial.is_bool()) return "true or false";
  if (s.initial.is_integer()) return "an integer";
  return s.initial.is_number() ? "a number" : "a text";
}

std::string bounds_text(const setting_info& s) {
  if (s.least > -std::numeric_limits<double>::infinity()) {
    return s.most < std::numeric_limits<double>::infinity()
               ? text("between ", s.least, " and ", s.most)
               : text("at least ", s.least);
  }
  return text("at most ", s.most);
}

bool same_kind(const json_value& a, const json_value& b) {
  return a.is_bool() == b.is_bool() && a.is_integer() == b.is_integer() &&
         a.is_number() == b.is_number() && a.is_string() == b.is_string();
}

/// A number in the kind of the setting where that loses nothing: 1 for 1.0, and 100000 for 1e5,
/// which is easier to read.
json_value converted(const setting_info& s, json_value value) {
  constexpr double largest = 9007199254740992;  // 2^53: up to here numbers are exact
  if (!s.initial.is_number() || !value.is_number()) return value;
  if (!s.initial.is_integer()) return json_value(value.as_number());
  if (value.is_integer()) return value;
  const double number = value.as_number();
  const bool whole = std::abs(number) <= largest && std::trunc(number) == number;
  return whole ? json_value(static_cast<index_t>(number)) : value;
}

/// The value in the kind of the setting; throws if it cannot be used.
json_value accepted(const setting_info& s, json_value value) {
  value = converted(s, std::move(value));
  FLOWKIT_VALIDATE(same_kind(value, s.initial), "setting '", s.name, "' is ", to_json(value),
                   ", but needs ", wanted_kind(s), s.unit.empty() ? "" : " of " + s.unit);
  if (value.is_number()) {
    FLOWKIT_VALIDATE(value.as_number() >= s.least && value.as_number() <= s.most, "setting '",
                     s.name, "' is ", to_json(value), ", but must be ", bounds_text(s));
  }
  if (value.is_string() && !s.choices.empty()) {
    std::string all;
    for (const std::string& c : s.choices) all += " " + c;
    FLOWKIT_VALIDATE(std::count(s.choices.begin(), s.choices.end(), value.as_string()) > 0,
                     "setting '", s.name, "' is '", value.as_string(),
                     "', but must be one of:", all, suggestion(value.as_string(), s.choices));
  }
  return value;
}

std::string_view section_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::size_t distance_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char letter : a) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = diagonal + (letter == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

settings::settings(std::vector<setting_info> table) : table_(std::move(table)) {
  for (const setting_info& s : table_) {
    FLOWKIT_VALIDATE(
        std::count_if(table_.begin(), table_.end(),
                      [&](const setting_info& other) { return other.name == s.name; }) == 1,
        "setting '", s.name, "' is declared twice");
    values_.push_back(accepted(s, s.initial));
  }
}

std::size_t settings::find(std::string_view name) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (table_[i].name == name) return i;
    names.push_back(table_[i].name);
  }
  throw invalid_input(text("there is no setting '", name, "'", suggestion(name, names)));
}

const json_value& settings::value(std::string_view name) const { return values_[find(name)]; }

void settings::set(std::string_view name, json_value value) {
  const std::size_t i = find(name);
  values_[i] = accepted(table_[i], std::move(value));
}

void settings::set_text(std::string_view name, std::string_view value) {
  const setting_info& s = table_[find(name)];
  if (s.initial.is_string()) return set(name, json_value(value));
  std::vector<toml_entry> read;
  try {
    read = parse_toml(text("value = ", value));
  } catch (const invalid_input&) {
  }
  FLOWKIT_VALIDATE(read.size() == 1, "setting '", name, "' is '", value, "', but needs ",
                   wanted_kind(s), s.unit.empty() ? "" : " of " + s.unit);
  set(name, std::move(read.front().value));
}

std::vector<std::string> settings::read(const std::string& path) {
  std::vector<bool> said(table_.size(), false);
  for (toml_entry& entry : read_toml(path)) {
    try {
      said[find(entry.key)] = true;
      set(entry.key, std::move(entry.value));
    } catch (const invalid_input& e) {
      throw file_error(path, text("line ", entry.line, ": ", e.what()));
    }
  }
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (!said[i]) missing.push_back(table_[i].name);
  }
  return missing;
}

json_value settings::section(std::string_view name) const {
  json_value out(json_object{});
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (section_of(table_[i].name) != name) continue;
    out.set(std::string_view(table_[i].name).substr(name.empty() ? 0 : name.size() + 1),
            values_[i]);
  }
  return out;
}

std::string settings::to_toml() const {
  std::string out;
  std::string_view section;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    const setting_info& s = table_[i];
    const std::string_view own = section_of(s.name);
    if (own != section) out += text("\n[", own, "]\n");
    section = own;
    out += text("# ", s.help, s.unit.empty() ? "" : " [" + s.unit + "]", "\n",
                std::string_view(s.name).substr(own.empty() ? 0 : own.size() + 1), " = ",
                policy::to_toml(values_[i]), "\n");
  }
  return out;
}

std::string nearest_name(std::string_view word, std::span<const std::string> candidates) {
  std::string best;
  std::size_t least = (word.size() + 1) / 2;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = distance_between(word, candidate);
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  const std::string nearest = nearest_name(word, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace flowkit::policy
