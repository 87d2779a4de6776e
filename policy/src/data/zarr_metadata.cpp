#include "data/elements.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/zarr.hpp>

#include <algorithm>

namespace flowkit::policy {
namespace {

constexpr json_limits document_limits{.depth = 8, .bytes = 1'000'000, .values = 10'000};
constexpr std::size_t rank_limit = 16;

struct type_name {
  std::string_view name;  ///< kind and size, as NumPy writes them after the byte order
  dtype type;
};
constexpr type_name type_names[] = {{"b1", dtype::boolean}, {"i1", dtype::i8},  {"i2", dtype::i16},
                                    {"i4", dtype::i32},     {"i8", dtype::i64}, {"u1", dtype::u8},
                                    {"u2", dtype::u16},     {"u4", dtype::u32}, {"u8", dtype::u64},
                                    {"f2", dtype::f16},     {"f4", dtype::f32}, {"f8", dtype::f64}};

void read_type(const json_value& member, zarr_metadata& out) {
  FLOWKIT_VALIDATE(member.is_string(), "its element type is structured; only numbers can be read");
  const std::string& name = member.as_string();
  const auto* const found = std::find_if(
      std::begin(type_names), std::end(type_names),
      [&](const type_name& row) { return name.size() == 3 && name.substr(1) == row.name; });
  const bool known = found != std::end(type_names) && std::string_view("<>|").find(name[0]) < 3;
  FLOWKIT_VALIDATE(known, "its element type ", to_json(name),
                   " is not supported; booleans, integers and floats of 2 to 8 bytes are");
  out.type = found->type;
  out.endian = name[0] == '>' ? std::endian::big : std::endian::little;
}

array_shape read_extents(const json_value& member, std::string_view name, index_t least) {
  array_shape out;
  for (const json_value& extent : member.as_array()) out.push_back(extent.as_integer());
  FLOWKIT_VALIDATE(out.size() <= rank_limit, "its ", name, " has ", out.size(), " axes, more than ",
                   rank_limit);
  const bool valid =
      std::all_of(out.begin(), out.end(), [&](index_t extent) { return extent >= least; });
  FLOWKIT_VALIDATE(valid, "its ", name, " ", flowkit::to_text(out), " has an axis below ", least);
  return out;
}

void read_fill(const json_value* member, zarr_metadata& out) {
  if (member == nullptr || member->is_null()) {
    out.fill = detail::element_bytes(out.type, std::int64_t{0});
  } else if (member->is_bool()) {
    out.fill = detail::element_bytes(out.type, std::int64_t{member->as_bool() ? 1 : 0});
  } else if (member->is_integer()) {
    out.fill = detail::element_bytes(out.type, member->as_integer());
  } else {
    out.fill = detail::element_bytes(out.type, member->as_number());
  }
}

void read_layout(const json_value& document, zarr_metadata& out) {
  const std::string& order = document.at("order").as_string();
  FLOWKIT_VALIDATE(order == "C" || order == "F", "its order ", to_json(order),
                   " is neither C nor F");
  out.order = order == "C" ? chunk_order::c : chunk_order::fortran;
  const json_value* separator = document.find("dimension_separator");
  const std::string name = separator == nullptr ? "." : separator->as_string();
  FLOWKIT_VALIDATE(name == "." || name == "/", "its dimension separator ", to_json(name),
                   " is neither '.' nor '/'");
  out.separator = name[0];
}

void check_filters(const json_value& document) {
  const json_value* filters = document.find("filters");
  const bool none = filters == nullptr || filters->is_null() ||
                    (filters->is_array() && filters->as_array().empty());
  FLOWKIT_VALIDATE(none, "it has filters ", to_json(*filters),
                   ", which are not supported; write the array again without them");
}

json_value fill_value(const zarr_metadata& metadata) {
  const array_view fill(metadata.type, {1}, metadata.fill);
  const double value = fill.converted<double>().front();
  const bool real = metadata.type == dtype::f32 || metadata.type == dtype::f64;
  if (metadata.type == dtype::boolean) return value != 0;
  if (real) return value;
  return fill.converted<std::int64_t>().front();
}

std::string type_text(const zarr_metadata& metadata) {
  const auto* const found =
      std::find_if(std::begin(type_names), std::end(type_names),
                   [&](const type_name& row) { return row.type == metadata.type; });
  FLOWKIT_VALIDATE(found != std::end(type_names), "zarr has no element type ", metadata.type);
  const char swapped = metadata.endian == std::endian::big ? '>' : '<';
  const char order = item_size(metadata.type) == 1 ? '|' : swapped;
  return text(order, found->name);
}

json_array extents_value(const array_shape& shape) { return {shape.begin(), shape.end()}; }

}  // namespace

zarr_metadata parse_zarray(std::string_view document) {
  const json_value root = parse_json(document, document_limits);
  const std::int64_t version = root.at("zarr_format").as_integer();
  FLOWKIT_VALIDATE(version == 2, "it has zarr format ", version, "; only format 2 can be read");
  zarr_metadata out;
  read_type(root.at("dtype"), out);
  out.shape = read_extents(root.at("shape"), "shape", 0);
  out.chunks = read_extents(root.at("chunks"), "chunks", 1);
  FLOWKIT_VALIDATE(out.shape.size() == out.chunks.size(), "its shape has ", out.shape.size(),
                   " axes, but its chunks have ", out.chunks.size());
  FLOWKIT_VALIDATE(byte_count(out.type, out.shape) && byte_count(out.type, out.chunks),
                   "its shape ", flowkit::to_text(out.shape), " or chunks ",
                   flowkit::to_text(out.chunks), " exceed 2^62 bytes");
  out.compress = parse_compressor(root.at("compressor"));
  read_fill(root.find("fill_value"), out);
  read_layout(root, out);
  check_filters(root);
  return out;
}

std::string to_zarray(const zarr_metadata& metadata) {
  const json_object document{{"chunks", extents_value(metadata.chunks)},
                             {"compressor", to_json_value(metadata.compress)},
                             {"dtype", type_text(metadata)},
                             {"fill_value", fill_value(metadata)},
                             {"filters", nullptr},
                             {"order", metadata.order == chunk_order::c ? "C" : "F"},
                             {"shape", extents_value(metadata.shape)},
                             {"zarr_format", 2}};
  json_value out(document);
  if (metadata.separator != '.') out.set("dimension_separator", std::string(1, metadata.separator));
  return to_json(out, json_style::indented);
}

std::string chunk_name(const zarr_metadata& metadata, const array_shape& index) {
  std::string out;
  for (const index_t at : index) {
    if (!out.empty()) out.push_back(metadata.separator);
    out += text(at);
  }
  return out;
}

}  // namespace flowkit::policy
