#include "data/memory.hpp"

#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/compressor.hpp>

#include <blosc.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace flowkit::policy {
namespace {

// The largest chunk that Blosc and one call of zlib can take.
constexpr index_t chunk_limit = std::numeric_limits<std::int32_t>::max() - BLOSC_MAX_OVERHEAD;

// No stream can hold more than this per byte: deflate by its format (RFC 1951), Zstandard and with
// it Blosc by blocks of 128 KiB that are described by at least four bytes.
constexpr index_t deflate_ratio = 1032;
constexpr index_t blosc_ratio = 65536;
constexpr index_t ratio_slack = 64;

constexpr int gzip_window = MAX_WBITS + 16;  // zlib's code for "with a gzip header"
constexpr int memory_level = 8;

struct codec_name {
  blosc_codec codec;
  const char* name;
};
constexpr codec_name codec_names[] = {
    {blosc_codec::blosclz, "blosclz"}, {blosc_codec::lz4, "lz4"},   {blosc_codec::lz4hc, "lz4hc"},
    {blosc_codec::snappy, "snappy"},   {blosc_codec::zlib, "zlib"}, {blosc_codec::zstd, "zstd"}};

const char* name_of(blosc_codec codec) { return codec_names[static_cast<int>(codec)].name; }

int window_of(compression method) { return method == compression::gzip ? gzip_window : MAX_WBITS; }

void check(const compressor& value) {
  FLOWKIT_VALIDATE(value.level >= 0 && value.level <= 9, "compression level ", value.level,
                   " does not exist; use 0 (fast) to 9 (small)");
}

int level_of(const json_value& member, std::string_view name) {
  const std::int64_t level = member.at(name).as_integer();
  // Zlib in Python also writes -1 for its default.
  FLOWKIT_VALIDATE(level >= -1 && level <= 22, "compression level ", level, " does not exist");
  return static_cast<int>(std::clamp<std::int64_t>(level, 0, 9));
}

compressor parse_blosc(const json_value& member) {
  compressor out;
  const std::string& name = member.at("cname").as_string();
  const auto* const found = std::find_if(std::begin(codec_names), std::end(codec_names),
                                         [&](const codec_name& row) { return name == row.name; });
  FLOWKIT_VALIDATE(found != std::end(codec_names), "Blosc has no codec ", to_json(name));
  out.codec = found->codec;
  out.level = level_of(member, "clevel");
  // -1 lets the writer choose; what it chose stands in every chunk.
  const std::int64_t shuffle = member.at("shuffle").as_integer();
  FLOWKIT_VALIDATE(shuffle >= -1 && shuffle <= 2, "Blosc has no shuffle ", shuffle);
  out.shuffle = static_cast<blosc_shuffle>(std::max<std::int64_t>(shuffle, 0));
  return out;
}

std::vector<std::byte> blosc_packed(const compressor& how, byte_view chunk, index_t item_bytes) {
  std::vector<std::byte> out(chunk.size() + BLOSC_MAX_OVERHEAD);
  const int bytes = blosc_compress_ctx(
      how.level, static_cast<int>(how.shuffle), static_cast<std::size_t>(item_bytes), chunk.size(),
      chunk.data(), out.data(), out.size(), name_of(how.codec), 0, 1);
  FLOWKIT_VALIDATE(bytes > 0, "Blosc cannot compress with ", name_of(how.codec),
                   "; this library was built without it");
  out.resize(static_cast<std::size_t>(bytes));
  return out;
}

std::vector<std::byte> deflated(const compressor& how, byte_view chunk) {
  z_stream stream{};
  FLOWKIT_VALIDATE(deflateInit2(&stream, how.level, Z_DEFLATED, window_of(how.method), memory_level,
                                Z_DEFAULT_STRATEGY) == Z_OK,
                   "the compressor cannot start");
  std::vector<std::byte> out(deflateBound(&stream, static_cast<uLong>(chunk.size())));
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(chunk.data()));
  stream.avail_in = static_cast<uInt>(chunk.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  FLOWKIT_VALIDATE(status == Z_STREAM_END, "the compressor failed");
  out.resize(out.size() - stream.avail_out);
  return out;
}

void check_ratio(byte_view packed, index_t size, index_t ratio) {
  const auto bytes = static_cast<index_t>(packed.size());
  FLOWKIT_VALIDATE(size <= chunk_limit, "a chunk of ", size, " bytes exceeds the limit of ",
                   chunk_limit);
  FLOWKIT_VALIDATE((size - ratio_slack) / ratio <= bytes, size, " bytes cannot come out of ", bytes,
                   " compressed ones");
}

blob from_blosc(byte_view packed, index_t size) {
  std::size_t declared = 0;
  const bool valid = packed.size() >= BLOSC_MIN_HEADER_LENGTH &&
                     blosc_cbuffer_validate(packed.data(), packed.size(), &declared) == 0;
  FLOWKIT_VALIDATE(valid, "its ", packed.size(), " bytes are not a Blosc buffer, or it is cut off");
  FLOWKIT_VALIDATE(declared == static_cast<std::size_t>(size), "its Blosc header declares ",
                   declared, " bytes, but the chunk has ", size);
  check_ratio(packed, size, blosc_ratio);
  const detail::fresh_bytes out(static_cast<std::size_t>(size));
  const int made = blosc_decompress_ctx(packed.data(), out.bytes.data(), out.bytes.size(), 1);
  FLOWKIT_VALIDATE(made == size, "its Blosc data are damaged (code ", made, ")");
  return out.share();
}

blob inflated(compression method, byte_view packed, index_t size) {
  check_ratio(packed, size, deflate_ratio);
  FLOWKIT_VALIDATE(static_cast<index_t>(packed.size()) <= chunk_limit, "a compressed chunk of ",
                   packed.size(), " bytes exceeds the limit of ", chunk_limit);
  const detail::fresh_bytes out(static_cast<std::size_t>(size));
  z_stream stream{};
  FLOWKIT_VALIDATE(inflateInit2(&stream, window_of(method)) == Z_OK,
                   "the decompressor cannot start");
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.bytes.data());
  stream.avail_out = static_cast<uInt>(out.bytes.size());
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  FLOWKIT_VALIDATE(status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0,
                   "its deflated data are damaged or do not give ", size, " bytes");
  return out.share();
}

}  // namespace

compressor parse_compressor(const json_value& member) {
  if (member.is_null()) return {compression::none};
  const std::string& id = member.at("id").as_string();
  if (id == "blosc") return parse_blosc(member);
  if (id == "zlib") return {compression::zlib, level_of(member, "level")};
  if (id == "gzip") return {compression::gzip, level_of(member, "level")};
  FLOWKIT_VALIDATE(false, "the compressor ", to_json(id),
                   " is not supported; write the array again with blosc, zlib, gzip or none");
  return {};
}

json_value to_json_value(const compressor& value) {
  switch (value.method) {
    case compression::none:
      return nullptr;
    case compression::zlib:
      return json_object{{"id", "zlib"}, {"level", value.level}};
    case compression::gzip:
      return json_object{{"id", "gzip"}, {"level", value.level}};
    case compression::blosc:
      break;
  }
  return json_object{{"blocksize", 0},
                     {"clevel", value.level},
                     {"cname", name_of(value.codec)},
                     {"id", "blosc"},
                     {"shuffle", static_cast<int>(value.shuffle)}};
}

std::vector<std::byte> compress(const compressor& how, byte_view chunk, index_t item_bytes) {
  check(how);
  FLOWKIT_VALIDATE(static_cast<index_t>(chunk.size()) <= chunk_limit, "a chunk of ", chunk.size(),
                   " bytes exceeds the limit of ", chunk_limit, "; make chunks smaller");
  if (how.method == compression::none) return {chunk.begin(), chunk.end()};
  if (how.method == compression::blosc) return blosc_packed(how, chunk, item_bytes);
  return deflated(how, chunk);
}

blob decompress(const compressor& how, const blob& packed, index_t size) {
  if (how.method == compression::blosc) return from_blosc(packed.bytes, size);
  if (how.method != compression::none) return inflated(how.method, packed.bytes, size);
  FLOWKIT_VALIDATE(static_cast<index_t>(packed.bytes.size()) == size, "it has ",
                   packed.bytes.size(), " bytes instead of ", size);
  return packed;
}

}  // namespace flowkit::policy
