#include "core/evaluation/record_reader.hpp"

#include <flowkit/io/atomic_file.hpp>
#include <flowkit/policy/report/run_info.hpp>

namespace flowkit::policy {
namespace {

using detail::record_reader;

constexpr std::string_view format = "flowkit.run";

/// A list of pairs as an object.
template <class Pair, class Value>
json_value json_pairs(const std::vector<Pair>& pairs, std::string Pair::*name, Value Pair::*value) {
  json_value out = json_object{};
  for (const Pair& pair : pairs) {
    FLOWKIT_VALIDATE(out.find(pair.*name) == nullptr, "the name \"", pair.*name,
                     "\" occurs twice in a list of run.json: names must be distinct");
    out.set(pair.*name, pair.*value);
  }
  return out;
}

/// Calls `add(name, reader)` for every member of an object that may be absent.
template <class Add>
void for_members(const record_reader& in, std::string_view name, const Add& add) {
  const auto members = in.object(name);
  if (!members) return;
  for (const json_member& member : members->members()) add(member.name, *members);
}

run_info info_of(const json_value& document) {
  const record_reader in(document);
  in.expect_format(format);
  run_info out{.title = in.text_or("title", ""),
               .task = in.text_or("task", ""),
               .description = in.text_or("description", ""),
               .observation = in.text_or("observation", ""),
               .preset = in.text_or("preset", ""),
               .primary = in.text_or("primary", "")};
  for_members(in, "parameters", [&](const std::string& name, const record_reader& of) {
    if (const auto value = of.optional_number(name)) out.parameters.push_back({name, *value});
  });
  for_members(in, "facts", [&](const std::string& name, const record_reader& of) {
    out.facts.push_back({name, of.text(name)});
  });
  for_members(in, "provenance", [&](const std::string& name, const record_reader& of) {
    out.provenance.push_back({name, of.text(name)});
  });
  for_members(in, "differences", [&](const std::string& name, const record_reader& of) {
    out.differences.push_back({name, of.text(name)});
  });
  for_members(in, "stages", [&](const std::string& name, const record_reader& of) {
    out.stages.push_back({name, of.amount_or(name, 0)});
  });
  return out;
}

}  // namespace

void write_run_info(const std::string& path, const run_info& info) {
  json_value out = detail::new_document(format);
  detail::set_if(out, "title", info.title);
  detail::set_if(out, "task", info.task);
  detail::set_if(out, "description", info.description);
  detail::set_if(out, "observation", info.observation);
  detail::set_if(out, "preset", info.preset);
  detail::set_if(out, "primary", info.primary);
  out.set("parameters", json_pairs(info.parameters, &named_number::name, &named_number::value));
  out.set("facts", json_pairs(info.facts, &named_text::name, &named_text::value));
  out.set("provenance", json_pairs(info.provenance, &named_text::name, &named_text::value));
  if (!info.differences.empty()) {
    out.set("differences", json_pairs(info.differences, &named_text::name, &named_text::value));
  }
  out.set("stages", json_pairs(info.stages, &stage_time::stage, &stage_time::seconds));
  write_text_file(path, detail::document_text(out));
}

run_info read_run_info(const std::string& path) { return detail::read_document(path, info_of); }

}  // namespace flowkit::policy
