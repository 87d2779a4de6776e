#include <flowkit/core/error.hpp>
#include <flowkit/io/deflate.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/utf8.hpp>
#include <flowkit/io/zip.hpp>

#include <algorithm>

namespace flowkit {
namespace {

using namespace detail::zip;

constexpr std::uint64_t deflate_ratio_limit = 1032;
constexpr std::uint64_t deflate_slack = 64;  // ends of very short streams

/// Reads numbers from one record; running past its end is an error, not undefined.
class cursor {
 public:
  cursor(byte_view bytes, std::uint64_t at) : bytes_(bytes), at_(at) {}

  template <class T>
  T take() {
    need(sizeof(T));
    const T value = detail::load_little<T>(bytes_, static_cast<std::size_t>(at_));
    at_ += sizeof(T);
    return value;
  }

  byte_view take_bytes(std::uint64_t count) {
    need(count);
    const byte_view out =
        bytes_.subspan(static_cast<std::size_t>(at_), static_cast<std::size_t>(count));
    at_ += count;
    return out;
  }

  void skip(std::uint64_t count) { (void)take_bytes(count); }
  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  [[nodiscard]] std::uint64_t position() const noexcept { return at_; }

 private:
  void need(std::uint64_t count) const {
    FLOWKIT_VALIDATE(at_ <= bytes_.size() && count <= bytes_.size() - at_,
                     "zip archive is damaged: a record at byte ", at_, " runs past the end");
  }

  byte_view bytes_;
  std::uint64_t at_;
};

/// The fields that local and directory records share, and that zip64 may widen.
struct header_fields {
  std::uint16_t flags;
  std::uint16_t method;
  std::uint32_t checksum;
  std::uint64_t compressed;
  std::uint64_t size;
  std::uint64_t offset;
  std::string_view name;
};

struct directory_place {
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t count;
};

/// Replaces the fields that are all ones by the values of the zip64 extra field.
void widen(header_fields& fields, byte_view extra) {
  cursor all(extra, 0);
  // Tolerates a tail shorter than a record header: some writers pad.
  while (extra.size() - all.position() >= 4) {
    const auto id = all.take<std::uint16_t>();
    const byte_view payload = all.take_bytes(all.take<std::uint16_t>());
    if (id != zip64_extra) continue;
    cursor values(payload, 0);
    for (std::uint64_t* field : {&fields.size, &fields.compressed, &fields.offset}) {
      if (*field == wide32) *field = values.take<std::uint64_t>();
    }
  }
}

header_fields read_common(cursor& at) {
  header_fields out{};
  out.flags = at.take<std::uint16_t>();
  out.method = at.take<std::uint16_t>();
  at.skip(4);  // time and date
  out.checksum = at.take<std::uint32_t>();
  out.compressed = at.take<std::uint32_t>();
  out.size = at.take<std::uint32_t>();
  return out;
}

header_fields read_directory_entry(cursor& at) {
  FLOWKIT_VALIDATE(at.take<std::uint32_t>() == directory_signature,
                   "zip archive is damaged: no directory entry at byte ", at.position() - 4);
  at.skip(4);  // versions
  header_fields out = read_common(at);
  const auto name_bytes = at.take<std::uint16_t>();
  const auto extra_bytes = at.take<std::uint16_t>();
  const auto comment_bytes = at.take<std::uint16_t>();
  at.skip(8);  // disk number and attributes
  out.offset = at.take<std::uint32_t>();
  out.name = detail::chars_of(at.take_bytes(name_bytes));
  widen(out, at.take_bytes(extra_bytes));
  at.skip(comment_bytes);
  return out;
}

header_fields read_local_header(cursor& at) {
  FLOWKIT_VALIDATE(at.take<std::uint32_t>() == local_signature,
                   "zip archive is damaged: no entry at byte ", at.position() - 4);
  at.skip(2);  // version
  header_fields out = read_common(at);
  const auto name_bytes = at.take<std::uint16_t>();
  const auto extra_bytes = at.take<std::uint16_t>();
  out.name = detail::chars_of(at.take_bytes(name_bytes));
  widen(out, at.take_bytes(extra_bytes));
  return out;
}

/// The end record is the last thing in the file but for a comment, whose length it tells.
std::size_t find_end(byte_view archive) {
  FLOWKIT_VALIDATE(archive.size() >= end_bytes, "is too short (", archive.size(),
                   " bytes) for a zip archive");
  const std::size_t last = archive.size() - end_bytes;
  const std::size_t first = last > comment_limit ? last - comment_limit : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    if (detail::load_little<std::uint32_t>(archive, at) != end_signature) continue;
    if (detail::load_little<std::uint16_t>(archive, at + 20) == last - at) return at;
  }
  FLOWKIT_VALIDATE(false, "has no zip directory at its end; it is cut off or not a zip archive");
  return 0;
}

directory_place read_end64(byte_view archive, std::size_t end) {
  FLOWKIT_VALIDATE(end >= locator64_bytes, "zip archive is damaged: no zip64 locator");
  cursor locator(archive, end - locator64_bytes);
  FLOWKIT_VALIDATE(locator.take<std::uint32_t>() == locator64_signature,
                   "zip archive is damaged: no zip64 locator");
  locator.skip(4);  // disk number
  cursor at(archive, locator.take<std::uint64_t>());
  FLOWKIT_VALIDATE(at.take<std::uint32_t>() == end64_signature,
                   "zip archive is damaged: no zip64 end record");
  at.skip(28);  // its size, versions, disk numbers, count on this disk
  directory_place out{};
  out.count = at.take<std::uint64_t>();
  out.bytes = at.take<std::uint64_t>();
  out.offset = at.take<std::uint64_t>();
  return out;
}

directory_place find_directory(byte_view archive) {
  const std::size_t end = find_end(archive);
  cursor at(archive, end + 4);
  const auto disk = at.take<std::uint16_t>();
  FLOWKIT_VALIDATE(disk == 0 || disk == wide16, "is one part of a split zip archive");
  at.skip(4);  // directory disk, count on this disk
  directory_place out{};
  out.count = at.take<std::uint16_t>();
  out.bytes = at.take<std::uint32_t>();
  out.offset = at.take<std::uint32_t>();
  const bool wide = out.count == wide16 || out.bytes == wide32 || out.offset == wide32;
  if (wide) out = read_end64(archive, end);

  FLOWKIT_VALIDATE(out.offset <= end && out.bytes <= end - out.offset,
                   "zip archive is damaged: its directory lies outside the file");
  FLOWKIT_VALIDATE(out.count <= out.bytes / directory_bytes, "zip archive is damaged: ", out.count,
                   " entries do not fit a directory of ", out.bytes, " bytes");
  return out;
}

/// The content of the entry that `listed` describes; checks that the local header agrees.
byte_view locate(byte_view archive, const header_fields& listed, std::uint64_t directory) {
  cursor at(archive.first(static_cast<std::size_t>(directory)), listed.offset);
  const header_fields local = read_local_header(at);
  const bool sizes_later = (local.flags & flag_descriptor) != 0;
  const bool same =
      local.name == listed.name && local.method == listed.method &&
      (sizes_later || (local.compressed == listed.compressed && local.size == listed.size &&
                       local.checksum == listed.checksum));
  FLOWKIT_VALIDATE(same, "the header before the data contradicts the directory");
  return at.take_bytes(listed.compressed);
}

void check_size(const header_fields& listed) {
  const bool stored = listed.method == static_cast<std::uint16_t>(zip_method::stored);
  const bool deflated = listed.method == static_cast<std::uint16_t>(zip_method::deflated);
  FLOWKIT_VALIDATE(stored || deflated, "compression method ", listed.method,
                   " is not supported; use stored or deflate");
  FLOWKIT_VALIDATE(!stored || listed.size == listed.compressed, "is stored as ", listed.compressed,
                   " bytes but declares ", listed.size);
  FLOWKIT_VALIDATE(listed.size <= listed.compressed * deflate_ratio_limit + deflate_slack,
                   "declares ", listed.size, " bytes, which cannot come out of ", listed.compressed,
                   " compressed bytes");
}

/// What the data of entries occupy, to detect entries that share bytes (overlap bombs).
void check_disjoint(const std::vector<zip_entry>& entries) {
  std::vector<byte_view> contents;
  for (const zip_entry& entry : entries) {
    if (!entry.content.empty()) contents.push_back(entry.content);
  }
  std::sort(contents.begin(), contents.end(),
            [](byte_view a, byte_view b) { return a.data() < b.data(); });
  const auto shared =
      std::adjacent_find(contents.begin(), contents.end(),
                         [](byte_view a, byte_view b) { return a.data() + a.size() > b.data(); });
  FLOWKIT_VALIDATE(shared == contents.end(), "zip archive is damaged: entries overlap");
}

void check_names(const std::vector<zip_entry>& entries) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const zip_entry& entry : entries) names.emplace_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  FLOWKIT_VALIDATE(twice == names.end(), "zip archive has two entries named ", to_json(*twice));
}

zip_entry make_entry(byte_view archive, const header_fields& listed, std::uint64_t directory) {
  try {
    FLOWKIT_VALIDATE(detail::valid_utf8_prefix(listed.name) == listed.name.size(),
                     "its name is not UTF-8");
    FLOWKIT_VALIDATE((listed.flags & flag_encrypted) == 0, "is encrypted");
    FLOWKIT_VALIDATE(listed.compressed <= archive.size(), "declares ", listed.compressed,
                     " bytes in an archive of ", archive.size());
    check_size(listed);
    return {std::string(listed.name), static_cast<zip_method>(listed.method), listed.checksum,
            listed.size, locate(archive, listed, directory)};
  } catch (const invalid_input& problem) {
    throw invalid_input(text("entry ", to_json(listed.name), ": ", problem.what()));
  }
}

std::vector<zip_entry> read_entries(byte_view archive) {
  const directory_place place = find_directory(archive);
  const byte_view directory = archive.first(static_cast<std::size_t>(place.offset + place.bytes));
  cursor at(directory, place.offset);
  std::vector<zip_entry> out;
  for (std::uint64_t i = 0; i < place.count; ++i) {
    out.push_back(make_entry(archive, read_directory_entry(at), place.offset));
  }
  FLOWKIT_VALIDATE(at.at_end(), "zip archive is damaged: its directory is longer than its entries");
  check_names(out);
  check_disjoint(out);
  return out;
}

}  // namespace

zip_reader::zip_reader(byte_view archive, std::string source)
    : archive_(archive), source_(std::move(source)) {
  try {
    entries_ = read_entries(archive_);
  } catch (const invalid_input& problem) {
    throw file_error(source_, problem.what());
  }
}

byte_view zip_reader::read(const zip_entry& entry, std::vector<std::byte>& scratch) const {
  try {
    byte_view out = entry.content;
    if (entry.method == zip_method::deflated) {
      inflate_raw(entry.content, static_cast<std::size_t>(entry.size), scratch);
      out = scratch;
    }
    FLOWKIT_VALIDATE(crc32_of({out}) == entry.checksum, "its checksum does not match its data");
    return out;
  } catch (const invalid_input& problem) {
    throw file_error(source_, text("entry ", to_json(entry.name), ": ", problem.what()));
  }
}

}  // namespace flowkit
