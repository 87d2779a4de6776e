#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/deflate.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/safetensors.hpp>
#include <flowkit/io/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

namespace flowkit {
namespace {

constexpr std::size_t prefix_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t header_limit = 100'000'000;  // as in the reference implementation
constexpr std::string_view metadata_key = "__metadata__";
constexpr std::string_view checksum_key = "flowkit.crc32";
constexpr json_limits header_limits{.depth = 4};

struct dtype_name {
  std::string_view name;
  dtype type;
};

constexpr dtype_name dtype_names[] = {
    {"BOOL", dtype::boolean}, {"I8", dtype::i8},   {"I16", dtype::i16},   {"I32", dtype::i32},
    {"I64", dtype::i64},      {"U8", dtype::u8},   {"U16", dtype::u16},   {"U32", dtype::u32},
    {"U64", dtype::u64},      {"F16", dtype::f16}, {"BF16", dtype::bf16}, {"F32", dtype::f32},
    {"F64", dtype::f64}};

/// Where a tensor lies, relative to the end of the header.
struct entry {
  std::string name;
  dtype type;
  array_shape shape;
  std::size_t begin;
  std::size_t end;
};

dtype parse_dtype(const std::string& name) {
  const auto found = std::find_if(std::begin(dtype_names), std::end(dtype_names),
                                  [&](const dtype_name& row) { return row.name == name; });
  FLOWKIT_VALIDATE(found != std::end(dtype_names), "its dtype ", to_json(name),
                   " is not supported; convert the tensor to F32");
  return found->type;
}

std::string_view dtype_text(dtype type) {
  return std::find_if(std::begin(dtype_names), std::end(dtype_names),
                      [&](const dtype_name& row) { return row.type == type; })
      ->name;
}

array_shape parse_shape(const json_value& value) {
  array_shape shape;
  for (const json_value& extent : value.as_array()) shape.push_back(extent.as_integer());
  return shape;
}

entry parse_entry(const json_member& member, std::size_t data_bytes) {
  const json_value& fields = member.value;
  entry out{member.name, parse_dtype(fields.at("dtype").as_string()),
            parse_shape(fields.at("shape")), 0, 0};
  const json_array& offsets = fields.at("data_offsets").as_array();
  FLOWKIT_VALIDATE(offsets.size() == 2, "data_offsets has ", offsets.size(), " numbers, not 2");
  FLOWKIT_VALIDATE(fields.as_object().size() == 3,
                   "it has fields other than dtype, shape and data_offsets");

  const index_t begin = offsets[0].as_integer();
  const index_t end = offsets[1].as_integer();
  FLOWKIT_VALIDATE(0 <= begin && begin <= end && static_cast<std::size_t>(end) <= data_bytes,
                   "its offsets ", begin, "..", end, " do not lie within the ", data_bytes,
                   " bytes of data");
  const auto needed = byte_count(out.type, out.shape);
  FLOWKIT_VALIDATE(needed, "its shape ", to_text(out.shape),
                   " has a negative dimension or overflows");
  FLOWKIT_VALIDATE(*needed == end - begin, "shape ", to_text(out.shape), " of ", out.type,
                   " needs ", *needed, " bytes, but its offsets ", begin, "..", end, " give ",
                   end - begin);
  out.begin = static_cast<std::size_t>(begin);
  out.end = static_cast<std::size_t>(end);
  return out;
}

safetensors_metadata parse_metadata(const json_value& value) {
  safetensors_metadata out;
  for (const json_member& member : value.as_object()) out[member.name] = member.value.as_string();
  return out;
}

/// Takes the checksum out of the metadata.
std::optional<std::uint32_t> take_checksum(safetensors_metadata& metadata) {
  const auto found = metadata.find(std::string(checksum_key));
  if (found == metadata.end()) return std::nullopt;
  const std::string digits = found->second;
  metadata.erase(found);
  std::uint32_t value{};
  const char* const end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, value);
  FLOWKIT_VALIDATE(problem == std::errc{} && stop == end, to_json(checksum_key), " is ",
                   to_json(digits), ", not a number of 32 bits: the file is damaged");
  return value;
}

/// Runs `parse` and puts `where` before the reason of its failure.
template <class Parse>
auto within(const std::string& where, Parse&& parse) {
  try {
    return parse();
  } catch (const invalid_input& problem) {
    throw invalid_input(text(where, ": ", problem.what()));
  }
}

/// Sorts by offset and checks that the entries tile the data.
void check_cover(std::vector<entry>& entries, std::size_t data_bytes) {
  std::stable_sort(entries.begin(), entries.end(), [](const entry& a, const entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::size_t covered = 0;
  for (const entry& e : entries) {
    FLOWKIT_VALIDATE(e.begin >= covered, "tensor ", to_json(e.name), " at bytes ", e.begin, "..",
                     e.end, " overlaps the tensor before it, which ends at ", covered);
    FLOWKIT_VALIDATE(e.begin == covered, "bytes ", covered, "..", e.begin,
                     " of the data belong to no tensor; the file is damaged, so save it again");
    covered = e.end;
  }
  FLOWKIT_VALIDATE(covered == data_bytes, "the last ", data_bytes - covered,
                   " bytes of the data belong to no tensor; the file is damaged, so save it again");
}

std::size_t header_size(byte_view bytes) {
  FLOWKIT_VALIDATE(bytes.size() >= prefix_bytes, "is too short (", bytes.size(),
                   " bytes) for a safetensors file; it is cut off or another kind of file");
  const auto length = detail::load_little<std::uint64_t>(bytes, 0);
  const std::size_t rest = bytes.size() - prefix_bytes;
  FLOWKIT_VALIDATE(length <= header_limit, "declares a header of ", length,
                   " bytes, more than the limit of ", header_limit,
                   "; it is damaged or not a safetensors file");
  FLOWKIT_VALIDATE(length <= rest, "declares a header of ", length, " bytes, but only ", rest,
                   " follow; the file is cut off or not a safetensors file");
  return static_cast<std::size_t>(length);
}

safetensors_contents parse(byte_view bytes) {
  const std::size_t length = header_size(bytes);
  const byte_view header = bytes.subspan(prefix_bytes, length);
  const byte_view data = bytes.subspan(prefix_bytes + length);
  FLOWKIT_VALIDATE(!header.empty() && header[0] == std::byte{'{'},
                   "does not begin with a JSON object; it is not a safetensors file");

  const json_value document =
      within("header", [&] { return parse_json(detail::chars_of(header), header_limits); });
  safetensors_contents out;
  std::vector<entry> entries;
  for (const json_member& member : document.as_object()) {
    if (member.name == metadata_key) {
      out.metadata = within("metadata", [&] { return parse_metadata(member.value); });
      out.checksum = within("metadata", [&] { return take_checksum(out.metadata); });
    } else {
      entries.push_back(within("tensor " + to_json(member.name),
                               [&] { return parse_entry(member, data.size()); }));
    }
  }
  check_cover(entries, data.size());
  for (entry& e : entries) {
    const byte_view values = data.subspan(e.begin, e.end - e.begin);
    out.tensors.push_back({std::move(e.name), {e.type, std::move(e.shape), values}});
  }
  return out;
}

std::string shape_json(const array_shape& shape) {
  json_array out;
  for (const index_t extent : shape) out.emplace_back(extent);
  return to_json(std::move(out));
}

/// The tensors in the order in which they are stored.
std::vector<const named_array_view*> storage_order(std::span<const named_array_view> tensors) {
  std::vector<const named_array_view*> order;
  for (const named_array_view& tensor : tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return item_size(a->value.type()) > item_size(b->value.type());
  });
  return order;
}

/// Of names and data, in the order of the names: writers choose the order in which they store.
std::uint32_t checksum_of(std::span<const named_array_view> tensors) {
  std::vector<const named_array_view*> order;
  for (const named_array_view& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  std::vector<byte_view> pieces;
  for (const named_array_view* tensor : order) {
    pieces.push_back(detail::bytes_of(tensor->name));
    pieces.push_back(tensor->value.bytes());
  }
  return crc32_of(pieces);
}

void check_utf8(std::string_view what, std::string_view name) {
  FLOWKIT_VALIDATE(detail::valid_utf8_prefix(name) == name.size(), what, " ", to_json(name),
                   " is not UTF-8, as text in a safetensors file must be; convert it");
}

void check_names(std::span<const named_array_view> tensors, const safetensors_metadata& metadata) {
  for (const auto& [key, value] : metadata) {
    FLOWKIT_VALIDATE(key != checksum_key, "a metadata entry cannot be named ", checksum_key,
                     ", which holds the checksum of a file; choose another name");
    check_utf8("the metadata key", key);
    check_utf8(text("the metadata of ", to_json(key), ","), value);
  }
  std::vector<std::string_view> names;
  for (const named_array_view& tensor : tensors) {
    FLOWKIT_VALIDATE(tensor.name != metadata_key, "a tensor cannot be named ", metadata_key,
                     ", which holds the metadata of a file; choose another name");
    check_utf8("the tensor name", tensor.name);
    names.emplace_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  FLOWKIT_VALIDATE(twice == names.end(), "two tensors are named ", to_json(*twice),
                   ": a file holds one of each name; rename one of them");
}

/// Built as text, not as json_value: a member is found linearly there, and names may be many.
std::string header_text(const std::vector<const named_array_view*>& order,
                        const safetensors_metadata& metadata) {
  std::string out = "{";
  if (!metadata.empty()) {
    json_object pairs;
    for (const auto& [key, value] : metadata) pairs.push_back({key, value});
    out += text(to_json(metadata_key), ":", to_json(std::move(pairs)));
  }
  std::size_t offset = 0;
  for (const named_array_view* tensor : order) {
    const array_view& value = tensor->value;
    const std::size_t end = offset + value.bytes().size();
    out += text(out.size() > 1 ? "," : "", to_json(tensor->name), ":{\"dtype\":\"",
                dtype_text(value.type()), "\",\"shape\":", shape_json(value.shape()),
                ",\"data_offsets\":[", offset, ",", end, "]}");
    offset = end;
  }
  out.push_back('}');
  out.resize((out.size() + 7) / 8 * 8, ' ');
  return out;
}

}  // namespace

safetensors_contents parse_safetensors(byte_view bytes, const std::string& source) {
  try {
    return parse(bytes);
  } catch (const invalid_input& problem) {
    throw file_error(source, problem.what());
  }
}

void verify_checksum(const safetensors_contents& contents, const std::string& source) {
  if (!contents.checksum) return;
  const std::uint32_t found = checksum_of(contents.tensors);
  if (found == *contents.checksum) return;
  throw file_error(source, text("holds data with the checksum ", found, ", but was written with ",
                                *contents.checksum,
                                ": it was damaged on the disk or on its way; take a copy that was "
                                "not, or remove it and have it made again (a program that changes "
                                "numbers on purpose must leave out the metadata entry ",
                                checksum_key, ")"));
}

safetensors_file::safetensors_file(const std::string& path)
    : file_(path),
      contents_(parse_safetensors(file_.bytes(), path)),
      by_name_(contents_.tensors.size()) {
  std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
  std::sort(by_name_.begin(), by_name_.end(), [&](std::size_t a, std::size_t b) {
    return contents_.tensors[a].name < contents_.tensors[b].name;
  });
}

const named_array_view* safetensors_file::find(std::string_view name) const noexcept {
  const auto found = std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [&](std::size_t at, std::string_view wanted) { return contents_.tensors[at].name < wanted; });
  if (found == by_name_.end() || contents_.tensors[*found].name != name) return nullptr;
  return &contents_.tensors[*found];
}

bool safetensors_file::contains(std::string_view name) const noexcept {
  return find(name) != nullptr;
}

const array_view& safetensors_file::tensor(std::string_view name) const& {
  if (const auto* found = find(name)) return found->value;
  throw file_error(path(), text("has no tensor ", to_json(name), " among its ",
                                contents_.tensors.size(), " tensors"));
}

const std::string& safetensors_file::metadata(const std::string& key) const& {
  const auto found = contents_.metadata.find(key);
  if (found != contents_.metadata.end()) return found->second;
  throw file_error(path(), text("has no metadata entry ", to_json(key)));
}

void write_safetensors(const std::string& path, std::span<const named_array_view> tensors,
                       const safetensors_metadata& metadata) {
  check_names(tensors, metadata);
  const auto order = storage_order(tensors);
  safetensors_metadata written = metadata;
  written[std::string(checksum_key)] = text(checksum_of(tensors));
  const std::string header = header_text(order, written);
  FLOWKIT_VALIDATE(header.size() <= header_limit, "the header of ", header.size(),
                   " bytes exceeds the limit of ", header_limit, "; shorten the metadata of ",
                   path);
  within("these tensors make a header that cannot be read back, so they need several files",
         [&] { return parse_json(header, header_limits); });

  std::string prefix;
  detail::append_little(prefix, std::uint64_t{header.size()});
  atomic_file file(path);
  file.write(prefix);
  file.write(header);
  for (const named_array_view* tensor : order) file.write(tensor->value.bytes());
  file.commit();
}

}  // namespace flowkit
