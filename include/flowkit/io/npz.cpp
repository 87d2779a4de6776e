#include <flowkit/core/error.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/npy.hpp>
#include <flowkit/io/npz.hpp>

#include <algorithm>

namespace flowkit {
namespace {

constexpr std::string_view suffix = ".npy";

std::string array_name(const zip_entry& entry) {
  return entry.name.substr(0, entry.name.size() - suffix.size());
}

array read_entry(const zip_reader& archive, const zip_entry& entry) {
  std::vector<std::byte> scratch;
  const byte_view content = archive.read(entry, scratch);
  return parse_npy(content, text(archive.source(), ": entry ", to_json(entry.name)));
}

/// A zip archive that holds anything else is probably the wrong file.
void check_only_arrays(const zip_reader& archive) {
  for (const zip_entry& entry : archive.entries()) {
    const bool is_array = entry.name.size() > suffix.size() && entry.name.ends_with(suffix);
    if (is_array) continue;
    throw file_error(archive.source(), text("entry ", to_json(entry.name), " is not a .npy array"));
  }
}

const zip_entry* find(const zip_reader& archive, std::string_view name) {
  const auto& entries = archive.entries();
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const zip_entry& entry) {
    return entry.name.size() == name.size() + suffix.size() && entry.name.starts_with(name);
  });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

std::map<std::string, array> parse_npz(byte_view bytes, const std::string& source) {
  const zip_reader archive(bytes, source);
  check_only_arrays(archive);
  std::map<std::string, array> out;
  for (const zip_entry& entry : archive.entries()) {
    out.emplace(array_name(entry), read_entry(archive, entry));
  }
  return out;
}

std::map<std::string, array> read_npz(const std::string& path) {
  const mapped_file file(path);
  return parse_npz(file.bytes(), path);
}

npz_file::npz_file(const std::string& path) : file_(path), archive_(file_.bytes(), path) {
  check_only_arrays(archive_);
}

std::vector<std::string> npz_file::names() const {
  std::vector<std::string> out;
  for (const zip_entry& entry : archive_.entries()) out.push_back(array_name(entry));
  return out;
}

bool npz_file::contains(std::string_view name) const noexcept {
  return find(archive_, name) != nullptr;
}

array npz_file::read(std::string_view name) const {
  if (const zip_entry* entry = find(archive_, name)) return read_entry(archive_, *entry);
  throw file_error(file_.path(), text("has no array ", to_json(name), " among its ",
                                      archive_.entries().size(), " arrays"));
}

void write_npz(const std::string& path, std::span<const named_array_view> arrays,
               npz_compression compression) {
  atomic_file file(path);
  zip_writer archive(file);
  const auto method =
      compression == npz_compression::none ? zip_method::stored : zip_method::deflated;
  for (const named_array_view& entry : arrays) {
    FLOWKIT_VALIDATE(!entry.name.empty(), "an array of ", path,
                     " has no name, by which it could be read back; give it one");
    const std::string header = detail::npy_header(entry.value);
    archive.add(entry.name + std::string(suffix), {detail::bytes_of(header), entry.value.bytes()},
                method);
  }
  archive.finish();
  file.commit();
}

}  // namespace flowkit
