#include "core/evaluation/record_reader.hpp"

#include <flowkit/host/image.hpp>
#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/file.hpp>
#include <flowkit/policy/report/picture_record.hpp>

#include <algorithm>
#include <filesystem>

namespace flowkit::policy {
namespace {

using detail::record_reader;

constexpr std::string_view format = "flowkit.pictures";
constexpr std::size_t most_pictures = 64;
constexpr std::size_t most_bytes = std::size_t{8} << 20;
constexpr index_t most_frames = 256;
constexpr index_t largest_side = 1 << 15;

picture_record picture_of(const record_reader& in) {
  picture_record out{.file = in.text("file"),
                     .label = in.text_or("label", ""),
                     .caption = in.text_or("caption", ""),
                     .frames = in.count_or("frames", 1),
                     .seconds = in.amount_or("seconds", 0)};
  const bool plain = !out.file.empty() &&
                     out.file.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
                     out.file != "." && out.file != "..";
  if (!plain) in.fail("file", "expected the name of a file in the same folder");
  if (out.frames < 1 || out.frames > most_frames) {
    in.fail("frames", text("expected 1 to ", most_frames, ", found ", out.frames));
  }
  return out;
}

/// Big-endian 32-bit number (PNG specification, section 7.1).
index_t big_endian(std::string_view bytes, std::size_t at) {
  index_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out * 256 + static_cast<unsigned char>(bytes[at + i]);
  return out;
}

/// The bytes of a PNG file whose header fits the frames. The browser decodes it.
std::string read_png(const std::string& path, index_t frames) {
  const mapped_file file(path);
  const std::string_view bytes = flowkit::detail::chars_of(file.bytes());
  if (bytes.size() > most_bytes) {
    throw file_error(
        path, text("has ", bytes.size(), " bytes; pictures of a report may have ", most_bytes));
  }
  constexpr std::size_t header = 24;  // signature, length and name of IHDR, width, height
  if (bytes.size() < header || bytes.substr(0, 8) != "\x89PNG\r\n\x1a\n" ||
      bytes.substr(12, 4) != "IHDR") {
    throw file_error(path, "is no PNG picture");
  }
  const index_t width = big_endian(bytes, 16);
  const index_t height = big_endian(bytes, 20);
  if (width < 1 || height < 1 || width > largest_side || height > largest_side) {
    throw file_error(path, text("is ", width, " x ", height, " pixels large; 1 to ", largest_side,
                                " can be shown"));
  }
  if (width % frames != 0) {
    throw file_error(path, text("is ", width, " pixels wide, which ", frames,
                                " frames of equal width cannot fill"));
  }
  return std::string(bytes);
}

std::vector<picture_record> pictures_of(const json_value& document) {
  const record_reader in(document);
  in.expect_format(format);
  auto out = in.each("pictures", picture_of);
  if (out.size() > most_pictures) in.fail("pictures", text("more than ", most_pictures));
  return out;
}

}  // namespace

std::string film_strip_png(std::span<const std::uint8_t> frames, index_t count, index_t height,
                           index_t width) {
  FLOWKIT_VALIDATE(count >= 1 && count <= most_frames && height >= 1 && height <= largest_side &&
                       width >= 1 && width <= largest_side / count,
                   "a film strip of ", count, " frames of ", height, " x ", width,
                   " pixels is too long or empty: show fewer frames");
  FLOWKIT_VALIDATE(static_cast<index_t>(frames.size()) == count * height * width * 3,
                   "a film strip of ", count, " frames of ", height, " x ", width,
                   " pixels was given ", frames.size(), " bytes: three per pixel are needed");
  const index_t row = width * 3;
  std::vector<std::uint8_t> strip(frames.size());
  for (index_t frame = 0; frame < count; ++frame) {
    for (index_t y = 0; y < height; ++y) {
      const auto from = frames.subspan(static_cast<std::size_t>((frame * height + y) * row),
                                       static_cast<std::size_t>(row));
      std::copy(from.begin(), from.end(), strip.begin() + (y * count + frame) * row);
    }
  }
  return encode_png(strip, height, width * count, 3);
}

void write_pictures(const std::string& path, std::span<const picture_record> pictures) {
  json_array list;
  for (const picture_record& p : pictures) {
    list.push_back(json_value{}
                       .set("file", p.file)
                       .set("label", p.label)
                       .set("caption", p.caption)
                       .set("frames", p.frames)
                       .set("seconds", p.seconds));
  }
  json_value out = detail::new_document(format);
  write_text_file(path, detail::document_text(out.set("pictures", list)));
}

std::vector<picture_record> read_pictures(const std::string& path) {
  auto out = detail::read_document(path, pictures_of);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (picture_record& picture : out) {
    picture.png = read_png((folder / picture.file).string(), picture.frames);
  }
  return out;
}

}  // namespace flowkit::policy
