#include <flowkit/core/error.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/zip.hpp>

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

namespace flowkit {
namespace {

// Signatures and fixed sizes of the records (PKWARE APPNOTE 6.3, section 4.3).
constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t directory_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::uint32_t locator64_signature = 0x07064b50;
constexpr std::size_t directory_bytes = 46;
constexpr std::size_t end_bytes = 22;
constexpr std::size_t end64_bytes = 56;
constexpr std::size_t locator64_bytes = 20;
constexpr std::size_t comment_limit = 0xFFFF;

constexpr std::uint16_t zip64_extra = 0x0001;
constexpr std::uint16_t zip64_version = 45;
constexpr std::uint16_t flag_encrypted = 0x0001;
constexpr std::uint16_t flag_descriptor = 0x0008;  // sizes follow the data instead of preceding it
constexpr std::uint16_t flag_utf8 = 0x0800;
constexpr std::uint16_t first_date = 0x0021;  // 1 January 1980
constexpr std::uint16_t wide16 = 0xFFFF;      // "the value stands in the zip64 record"
constexpr std::uint32_t wide32 = 0xFFFFFFFF;

constexpr std::uint64_t deflate_ratio_limit = 1032;
constexpr std::uint64_t deflate_slack = 64;  // ends of very short streams

// zlib counts in 32 bits: longer buffers are passed in pieces.
constexpr std::size_t zlib_piece = std::size_t{1} << 30;

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

struct inflate_stop {
  void operator()(z_stream* stream) const noexcept { inflateEnd(stream); }
};
struct deflate_stop {
  void operator()(z_stream* stream) const noexcept { deflateEnd(stream); }
};

/// Moves the next piece of `bytes` into a field pair of a z_stream.
template <class Pointer, class Bytes>
void hand_over(Pointer& next, uInt& available, Bytes& bytes) {
  if (available > 0) return;
  const std::size_t piece = std::min(bytes.size(), zlib_piece);
  next = const_cast<Pointer>(reinterpret_cast<const Bytef*>(bytes.data()));
  available = static_cast<uInt>(piece);
  bytes = bytes.subspan(piece);
}

/// Inflates a whole raw deflate stream to at most `size` bytes and checks that both end together.
void inflate_all(byte_view from, std::size_t size, std::vector<std::byte>& to) {
  z_stream stream{};
  constexpr int raw = -MAX_WBITS;
  FLOWKIT_VALIDATE(inflateInit2(&stream, raw) == Z_OK, "the decompressor cannot start");
  const std::unique_ptr<z_stream, inflate_stop> guard(&stream);

  to.clear();
  to.reserve(1);  // an empty entry still needs a pointer that is not null
  std::size_t growth = std::max<std::size_t>(from.size() * 4, 4096);
  int status = Z_OK;
  std::span<std::byte> room(to);
  while (status == Z_OK) {
    if (room.empty() && stream.avail_out == 0 && to.size() < size) {
      const std::size_t filled = to.size();
      to.resize(filled + std::min(size - filled, growth));
      growth = to.size();
      room = std::span(to).subspan(filled);
    }
    hand_over(stream.next_in, stream.avail_in, from);
    hand_over(stream.next_out, stream.avail_out, room);
    status = inflate(&stream, Z_NO_FLUSH);
  }
  const std::size_t missing = room.size() + stream.avail_out + (size - to.size());
  FLOWKIT_VALIDATE(status == Z_STREAM_END && missing == 0 && from.empty() && stream.avail_in == 0,
                   "its compressed data are damaged or do not give the declared ", size, " bytes");
}

std::vector<std::byte> deflate_all(std::initializer_list<byte_view> pieces) {
  z_stream stream{};
  constexpr int raw = -MAX_WBITS;
  constexpr int memory_level = 8;
  FLOWKIT_VALIDATE(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw, memory_level,
                                Z_DEFAULT_STRATEGY) == Z_OK,
                   "the compressor cannot start");
  const std::unique_ptr<z_stream, deflate_stop> guard(&stream);

  std::vector<std::byte> out;
  std::vector<std::byte> buffer(std::size_t{1} << 16);
  const auto run = [&](int flush) {
    int status = Z_OK;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      status = deflate(&stream, flush);
      const auto made = static_cast<std::ptrdiff_t>(buffer.size() - stream.avail_out);
      out.insert(out.end(), buffer.begin(), buffer.begin() + made);
    } while (stream.avail_out == 0 && status != Z_STREAM_END);
  };
  for (byte_view piece : pieces) {
    while (!piece.empty()) {
      hand_over(stream.next_in, stream.avail_in, piece);
      run(Z_NO_FLUSH);
    }
  }
  run(Z_FINISH);
  return out;
}

std::uint32_t crc_of(std::initializer_list<byte_view> pieces) {
  uLong crc = crc32(0, nullptr, 0);
  for (const byte_view piece : pieces) {
    if (piece.empty()) continue;  // zlib takes a null pointer for "start anew"
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
  }
  return static_cast<std::uint32_t>(crc);
}

template <class... Values>
void append_all(std::string& out, Values... values) {
  (detail::append_little(out, values), ...);
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
      inflate_all(entry.content, static_cast<std::size_t>(entry.size), scratch);
      out = scratch;
    }
    FLOWKIT_VALIDATE(crc_of({out}) == entry.checksum, "its checksum does not match its data");
    return out;
  } catch (const invalid_input& problem) {
    throw file_error(source_, text("entry ", to_json(entry.name), ": ", problem.what()));
  }
}

void zip_writer::put(std::string_view text) {
  out_.write(text);
  offset_ += text.size();
}

void zip_writer::add(std::string_view name, std::initializer_list<byte_view> pieces,
                     zip_method method) {
  const bool used = !names_.emplace(name).second;
  FLOWKIT_VALIDATE(!used, "two entries of the archive ", out_.path(), " are named ", to_json(name));
  FLOWKIT_VALIDATE(name.size() <= comment_limit, "an entry name of ", name.size(),
                   " bytes is too long for a zip archive");
  record entry{std::string(name), method, crc_of(pieces), 0, 0, offset_};
  for (const byte_view piece : pieces) entry.size += piece.size();
  std::vector<std::byte> packed;
  if (method == zip_method::deflated) packed = deflate_all(pieces);
  entry.compressed = method == zip_method::deflated ? packed.size() : entry.size;

  std::string header;
  append_all(header, local_signature, zip64_version, flag_utf8, static_cast<std::uint16_t>(method),
             std::uint16_t{0}, first_date, entry.checksum, wide32, wide32,
             static_cast<std::uint16_t>(name.size()), std::uint16_t{20});
  header += name;
  append_all(header, zip64_extra, std::uint16_t{16}, entry.size, entry.compressed);
  put(header);
  if (method == zip_method::deflated) {
    out_.write(packed);
  } else {
    for (const byte_view piece : pieces) out_.write(piece);
  }
  offset_ += entry.compressed;
  records_.push_back(std::move(entry));
}

std::string zip_writer::directory_entry(const record& entry) {
  std::string out;
  append_all(out, directory_signature, zip64_version, zip64_version, flag_utf8,
             static_cast<std::uint16_t>(entry.method), std::uint16_t{0}, first_date, entry.checksum,
             wide32, wide32, static_cast<std::uint16_t>(entry.name.size()), std::uint16_t{28},
             std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}, std::uint32_t{0}, wide32);
  out += entry.name;
  append_all(out, zip64_extra, std::uint16_t{24}, entry.size, entry.compressed, entry.offset);
  return out;
}

void zip_writer::finish() {
  const std::uint64_t begin = offset_;
  for (const record& entry : records_) put(directory_entry(entry));
  const std::uint64_t end = offset_;
  const auto count = static_cast<std::uint64_t>(records_.size());
  std::string tail;
  append_all(tail, end64_signature, std::uint64_t{end64_bytes - 12}, zip64_version, zip64_version,
             std::uint32_t{0}, std::uint32_t{0}, count, count, end - begin, begin);
  append_all(tail, locator64_signature, std::uint32_t{0}, end, std::uint32_t{1});
  append_all(tail, end_signature, std::uint16_t{0}, std::uint16_t{0}, wide16, wide16, wide32,
             wide32, std::uint16_t{0});
  put(tail);
}

}  // namespace flowkit
