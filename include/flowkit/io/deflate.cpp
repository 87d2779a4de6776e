#include <flowkit/core/error.hpp>
#include <flowkit/io/deflate.hpp>

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <span>

namespace flowkit {
namespace {

// zlib counts in 32 bits: longer buffers are passed in pieces.
constexpr std::size_t zlib_piece = std::size_t{1} << 30;

constexpr int raw = -MAX_WBITS;

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

}  // namespace

void inflate_raw(byte_view from, std::size_t size, std::vector<std::byte>& to) {
  z_stream stream{};
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
      const std::size_t wanted = filled + std::min(size - filled, growth);
      to.reserve(wanted);  // a vector that grows by itself takes twice what it has
      to.resize(wanted);
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

std::vector<std::byte> deflate_raw(std::initializer_list<byte_view> pieces) {
  z_stream stream{};
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

std::uint32_t crc32_of(std::initializer_list<byte_view> pieces) {
  return crc32_of(std::span(pieces.begin(), pieces.size()));
}

std::uint32_t crc32_of(std::span<const byte_view> pieces) {
  uLong crc = crc32(0, nullptr, 0);
  for (const byte_view piece : pieces) {
    if (piece.empty()) continue;  // zlib takes a null pointer for "start anew"
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace flowkit
