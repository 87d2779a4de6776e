#include "core/stages/documents.hpp"
#include "core/stages/file_parts.hpp"

#include <flowkit/policy/stages/couplings_file.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

constexpr std::string_view format_name = "flowkit-couplings-1";

json_value document_of(const couplings_header& h) {
  return json_object{{"format", format_name},
                     {"spec", json_of(h.specification)},
                     {"solver", detail::json_of(h.solver)},
                     {"policy", h.policy},
                     {"data", h.data},
                     {"seed", text(h.seed)},
                     {"noises", h.noises},
                     {"failed", h.failed}};
}

couplings_header header_of(const json_value& json) {
  const detail::json_fields f(json, "");
  const std::string format = f.string("format");
  FLOWKIT_VALIDATE(format == format_name, "format is '", format, "', not ", format_name,
                   ": the file does not hold couplings, or those of another version");
  constexpr index_t most = index_t{1} << 31;
  couplings_header h{.specification = spec_from_json(f.value("spec")),
                     .solver = detail::inference_from(f.object("solver")),
                     .policy = f.string("policy"),
                     .data = f.string("data"),
                     .seed = f.seed("seed"),
                     .noises = f.integer("noises", 1, most),
                     .failed = f.integer("failed", 0, most)};
  validate(h.solver);
  return h;
}

couplings_view numbers_of(const safetensors_file& file, const spec& s) {
  using detail::values_of;
  couplings_view v{.chunk = s.chunk_size()};
  v.window = values_of<std::int32_t>(file, "window", {-1});
  v.episode = values_of<std::int32_t>(file, "episode", {-1});
  v.condition =
      file.tensor("condition").shape().size() == 2 ? file.tensor("condition").shape()[1] : 0;
  v.noise = values_of<float>(file, "noise", {v.size(), v.chunk});
  v.end_points = values_of<float>(file, "end_point", {v.size(), v.chunk});
  v.evaluations = values_of<std::int32_t>(file, "evaluations", {v.size()});
  v.conditions = values_of<float>(file, "condition", {v.windows(), -1});
  v.experts = values_of<float>(file, "expert", {v.windows(), v.chunk});
  v.offset = values_of<std::int32_t>(file, "offset", {v.windows()});
  v.mode = values_of<std::int32_t>(file, "mode", {v.windows()});
  return v;
}

/// Throws invalid_input unless all numbers of rows can be used.
void check(const couplings_view& v) {
  const auto within = [](std::span<const std::int32_t> numbers, std::int64_t least,
                         std::int64_t end, const char* name) {
    const auto bad = std::find_if(numbers.begin(), numbers.end(),
                                  [&](std::int32_t x) { return x < least || x >= end; });
    FLOWKIT_VALIDATE(bad == numbers.end(), name, "[", bad - numbers.begin(), "] is ", *bad,
                     ": it must lie in ", least, " .. ", end - 1);
  };
  constexpr std::int64_t most = std::int64_t{1} << 31;
  within(v.window, 0, v.windows(), "window");
  within(v.episode, 0, most, "episode");
  within(v.offset, 0, most - 1, "offset");
  within(v.mode, -1, most, "mode");
  within(v.evaluations, 0, most, "evaluations");
}

template <class T>
void expect_size(const char* name, std::span<const T> values, index_t rows, index_t columns) {
  FLOWKIT_VALIDATE(static_cast<index_t>(values.size()) == rows * columns, "couplings with ",
                   values.size(), " numbers of '", name, "' where ", rows, " x ", columns,
                   " belong cannot be written");
}

}  // namespace

couplings_file::couplings_file(const std::string& path) : file_(path) {
  detail::reading(path, [&] {
    header_ = header_of(parse_json(file_.metadata("couplings")));
    numbers_ = numbers_of(file_, header_.specification);
    check(numbers_);
    return 0;
  });
}

void write_couplings(const std::string& path, const couplings_header& header,
                     const couplings_view& v) {
  expect_size("noise", v.noise, v.size(), v.chunk);
  expect_size("end_point", v.end_points, v.size(), v.chunk);
  expect_size("evaluations", v.evaluations, v.size(), 1);
  expect_size("condition", v.conditions, v.windows(), v.condition);
  expect_size("expert", v.experts, v.windows(), v.chunk);
  expect_size("offset", v.offset, v.windows(), 1);
  expect_size("mode", v.mode, v.windows(), 1);
  const std::vector<named_array_view> tensors{
      {"noise", as_array(v.noise, {v.size(), v.chunk})},
      {"end_point", as_array(v.end_points, {v.size(), v.chunk})},
      {"window", as_array(v.window, {v.size()})},
      {"evaluations", as_array(v.evaluations, {v.size()})},
      {"condition", as_array(v.conditions, {v.windows(), v.condition})},
      {"expert", as_array(v.experts, {v.windows(), v.chunk})},
      {"episode", as_array(v.episode, {v.windows()})},
      {"offset", as_array(v.offset, {v.windows()})},
      {"mode", as_array(v.mode, {v.windows()})}};
  write_safetensors(path, tensors, {{"couplings", to_json(document_of(header))}});
}

}  // namespace flowkit::policy
