#include <flowkit/core/error.hpp>
#include <flowkit/io/deflate.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/utf8.hpp>
#include <flowkit/io/zip.hpp>

namespace flowkit {
namespace {

using namespace detail::zip;

template <class... Values>
void append_all(std::string& out, Values... values) {
  (detail::append_little(out, values), ...);
}

}  // namespace

void zip_writer::put(std::string_view text) {
  out_.write(text);
  offset_ += text.size();
}

void zip_writer::add(std::string_view name, std::initializer_list<byte_view> pieces,
                     zip_method method) {
  const bool used = !names_.emplace(name).second;
  FLOWKIT_VALIDATE(!used, "two entries of the archive ", out_.path(), " are named ", to_json(name));
  FLOWKIT_VALIDATE(detail::valid_utf8_prefix(name) == name.size(), "the entry name ", to_json(name),
                   " is not UTF-8, as names in a zip archive must be; choose another");
  FLOWKIT_VALIDATE(name.size() <= comment_limit, "an entry name of ", name.size(),
                   " bytes is too long for a zip archive");
  record entry{std::string(name), method, crc32_of(pieces), 0, 0, offset_};
  for (const byte_view piece : pieces) entry.size += piece.size();
  std::vector<std::byte> packed;
  if (method == zip_method::deflated) packed = deflate_raw(pieces);
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
