#include <flowkit/core/error.hpp>
#include <flowkit/host/image.hpp>
#include <flowkit/host/svg.hpp>
#include <flowkit/io/atomic_file.hpp>

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace flowkit {
namespace {

constexpr index_t pixel_limit = index_t{1} << 28;  // bytes of one picture

/// An 8-bit picture under construction.
struct canvas {
  index_t height;
  index_t width;
  index_t channels;
  std::vector<std::uint8_t> pixels;

  canvas(index_t h, index_t w, index_t c)
      : height(h), width(w), channels(c), pixels(static_cast<std::size_t>(h * w * c), 255) {}

  [[nodiscard]] std::uint8_t& at(index_t y, index_t x, index_t c) {
    return pixels[static_cast<std::size_t>((y * width + x) * channels + c)];
  }
  [[nodiscard]] std::string png() const { return encode_png(pixels, height, width, channels); }
};

std::uint8_t to_byte(float value, const image_batch& images) noexcept {
  const float light = (value - images.black) / (images.white - images.black);
  if (!(light > 0)) return 0;  // NaN as well
  return static_cast<std::uint8_t>(std::lround(255 * std::min(light, 1.0F)));
}

void check(const image_batch& images, const image_grid& grid) {
  FLOWKIT_VALIDATE(images.channels == 1 || images.channels == 3, "images have ", images.channels,
                   " channels; 1 (grey) and 3 (RGB) can be shown");
  FLOWKIT_VALIDATE(images.count >= 0 && images.height > 0 && images.width > 0,
                   "an image batch has the shape [", images.count, ", ", images.height, ", ",
                   images.width, ", ", images.channels,
                   "]: height and width must be positive and the count not negative; leave out "
                   "empty images");
  FLOWKIT_VALIDATE(std::isfinite(images.white - images.black) && images.white != images.black,
                   "images whose values reach from black at ", images.black, " to white at ",
                   images.white, " cannot be shown: two different numbers are needed");
  FLOWKIT_VALIDATE(grid.scale > 0 && grid.gap >= 0 && grid.columns >= 0, "an image grid has scale ",
                   grid.scale, ", gap ", grid.gap, " and ", grid.columns,
                   " columns; none may be negative, and the scale is at least 1");
  // Each factor is bounded first, so that the products cannot overflow.
  const index_t largest =
      std::max({images.count, images.height, images.width, grid.scale, grid.gap});
  const bool small = largest < (index_t{1} << 24) && grid.columns < (index_t{1} << 24);
  FLOWKIT_VALIDATE(small, "an image grid with an extent of ", largest, " is too large to draw");
  const index_t values = images.height * images.width * images.channels;
  const index_t drawn = std::max<index_t>(images.count, 1);  // no images leave room for one
  FLOWKIT_VALIDATE(values <= pixel_limit / drawn, "the image batch [", images.count, ", ",
                   images.height, ", ", images.width, ", ", images.channels,
                   "] is too large to draw; show fewer or smaller images");
  FLOWKIT_VALIDATE(static_cast<index_t>(images.pixels.size()) == images.count * values,
                   "an image batch of ", images.count, " images of ", values, " values was given ",
                   images.pixels.size(), " values: give all pixels of all images, channels last");
  const index_t wide = values * grid.scale;  // below 2^52
  FLOWKIT_VALIDATE(wide <= pixel_limit / drawn / grid.scale, drawn, " images of ", images.height,
                   " x ", images.width, " pixels at a scale of ", grid.scale,
                   " are too large to draw; reduce the scale or show fewer images");
}

index_t columns_of(const image_batch& images, const image_grid& grid) {
  if (grid.columns > 0) return std::min(grid.columns, std::max<index_t>(images.count, 1));
  const auto side = std::ceil(std::sqrt(static_cast<double>(images.count)));
  return std::max<index_t>(1, static_cast<index_t>(side));
}

/// Copies image `which` to the canvas, enlarged, with its upper left corner at (top, left).
void draw(canvas& target, const image_batch& images, index_t which, index_t top, index_t left,
          index_t scale) {
  const index_t row = images.width * images.channels;
  const auto source = images.pixels.subspan(static_cast<std::size_t>(which * images.height * row));
  for (index_t y = 0; y < images.height * scale; ++y) {
    for (index_t x = 0; x < images.width * scale; ++x) {
      for (index_t c = 0; c < images.channels; ++c) {
        const index_t from = y / scale * row + x / scale * images.channels + c;
        target.at(top + y, left + x, c) = to_byte(source[static_cast<std::size_t>(from)], images);
      }
    }
  }
}

void append_big(std::string& out, std::size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

/// Length, name, content, CRC-32 of name and content (PNG specification, section 5.3).
void append_chunk(std::string& out, std::string_view name, std::string_view content) {
  append_big(out, content.size());
  const std::size_t begin = out.size();
  out.append(name).append(content);
  const auto* covered = reinterpret_cast<const Bytef*>(out.data() + begin);
  append_big(out, crc32_z(crc32(0, nullptr, 0), covered, out.size() - begin));
}

std::string zlib_stream(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                               reinterpret_cast<const Bytef*>(bytes.data()),
                               static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION);
  FLOWKIT_VALIDATE(status == Z_OK, "the picture of ", bytes.size(), " bytes cannot be compressed");
  out.resize(size);
  return out;
}

char colour_type(index_t channels) {
  constexpr char grey = 0;
  constexpr char rgb = 2;
  constexpr char rgba = 6;
  FLOWKIT_VALIDATE(channels == 1 || channels == 3 || channels == 4, "a PNG picture with ", channels,
                   " channels cannot be written; use 1, 3 or 4");
  return channels == 1 ? grey : channels == 3 ? rgb : rgba;
}

constexpr double margin = 14;
constexpr double title_size = 17;
constexpr double caption_size = 11;

/// Places of images and captions in an SVG document.
struct svg_layout {
  index_t columns;
  double column_width;  // of the images, or of the widest caption
  double step_x;
  double step_y;
  double top;
  double width;
  double height;

  /// Horizontal centre of image i.
  [[nodiscard]] double x(index_t i) const {
    return margin + static_cast<double>(i % columns) * step_x + column_width / 2;
  }
  /// Upper edge of image i.
  [[nodiscard]] double y(index_t i) const {
    const index_t row = i / columns;
    return top + static_cast<double>(row) * step_y;
  }
};

svg_layout lay_out(const image_batch& images, const image_grid& grid, const image_texts& texts) {
  svg_layout out{};
  out.columns = columns_of(images, grid);
  out.column_width = static_cast<double>(images.width * grid.scale);
  for (const auto& caption : texts.captions) {
    out.column_width = std::max(out.column_width, detail::text_width(caption, caption_size));
  }
  const auto gap = static_cast<double>(grid.gap);
  const double below = texts.captions.empty() ? 0 : caption_size + 7;
  out.step_x = out.column_width + gap;
  out.step_y = static_cast<double>(images.height * grid.scale) + gap + below;
  out.top = margin + (texts.title.empty() ? 0 : title_size + 14);

  const double grid_width = static_cast<double>(out.columns) * out.step_x - gap;
  const double title_width = detail::text_width(texts.title, title_size) * 1.1;  // it is bold
  const index_t rows = std::max<index_t>(1, (images.count + out.columns - 1) / out.columns);
  out.width = std::max(grid_width, title_width) + 2 * margin;
  out.height = out.top + static_cast<double>(rows) * out.step_y - gap + margin;
  return out;
}

std::string svg_image(const image_batch& images, index_t which, double centre, double top,
                      index_t scale) {
  canvas one(images.height * scale, images.width * scale, images.channels);
  draw(one, images, which, 0, 0, scale);
  const double left = centre - static_cast<double>(one.width) / 2;
  return text("<image x=\"", detail::pixel(left), "\" y=\"", detail::pixel(top), "\" width=\"",
              one.width, "\" height=\"", one.height, "\" href=\"data:image/png;base64,",
              detail::base64(one.png()), "\"/>\n");
}

}  // namespace

std::string encode_png(std::span<const std::uint8_t> pixels, index_t height, index_t width,
                       index_t channels) {
  const char colour = colour_type(channels);
  const bool fits = height > 0 && width > 0 && height <= pixel_limit / width / channels;
  FLOWKIT_VALIDATE(fits && static_cast<index_t>(pixels.size()) == height * width * channels,
                   "a PNG picture of ", height, " x ", width, " x ", channels, " was given ",
                   pixels.size(), " bytes (it may have up to ", pixel_limit, ")");

  std::string rows;
  const auto row_bytes = static_cast<std::size_t>(width * channels);
  for (std::size_t at = 0; at < pixels.size(); at += row_bytes) {
    rows.push_back('\0');  // no filter: flat and enlarged images gain nothing from one
    rows.append(reinterpret_cast<const char*>(&pixels[at]), row_bytes);
  }
  std::string header;
  append_big(header, static_cast<std::size_t>(width));
  append_big(header, static_cast<std::size_t>(height));
  header.append({8, colour, 0, 0, 0});  // bits, colours, deflate, filter family, not interlaced

  std::string out = "\x89PNG\r\n\x1a\n";
  append_chunk(out, "IHDR", header);
  append_chunk(out, "IDAT", zlib_stream(rows));
  append_chunk(out, "IEND", "");
  return out;
}

void write_png(const std::string& path, const image_batch& images, const image_grid& grid) {
  check(images, grid);
  const index_t columns = columns_of(images, grid);
  const index_t rows = std::max<index_t>(1, (images.count + columns - 1) / columns);
  const index_t step_y = images.height * grid.scale + grid.gap;
  const index_t step_x = images.width * grid.scale + grid.gap;
  const index_t height = rows * step_y + grid.gap;
  const index_t width = columns * step_x + grid.gap;
  FLOWKIT_VALIDATE(height <= pixel_limit / width / images.channels, "a picture of ", height, " x ",
                   width, " pixels is too large; reduce the scale or the number of images");

  canvas picture(height, width, images.channels);
  for (index_t i = 0; i < images.count; ++i) {
    draw(picture, images, i, grid.gap + i / columns * step_y, grid.gap + i % columns * step_x,
         grid.scale);
  }
  write_text_file(path, picture.png());
}

std::string to_svg(const image_batch& images, const image_grid& grid, const image_texts& texts) {
  check(images, grid);
  const svg_layout layout = lay_out(images, grid, texts);
  std::string out = detail::svg_begin(layout.width, layout.height, texts.title);
  if (!texts.title.empty()) {
    out += detail::svg_text(margin, margin + title_size, title_size, texts.title,
                            "font-weight=\"700\" fill=\"#222222\"");
  }
  for (index_t i = 0; i < images.count; ++i) {
    const auto which = static_cast<std::size_t>(i);
    out += svg_image(images, i, layout.x(i), layout.y(i), grid.scale);
    if (which >= texts.captions.size()) continue;
    const double height = static_cast<double>(images.height * grid.scale);
    out += detail::svg_text(layout.x(i), layout.y(i) + height + caption_size + 1, caption_size,
                            texts.captions[which], "text-anchor=\"middle\" fill=\"#5f6368\"");
  }
  return out + "</svg>\n";
}

void write_svg(const std::string& path, const image_batch& images, const image_grid& grid,
               const image_texts& texts) {
  write_text_file(path, to_svg(images, grid, texts));
}

namespace detail {

std::string base64(std::string_view bytes) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) {
      return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U;
    };
    const unsigned bits = byte(0) << 16U | byte(1) << 8U | byte(2);
    const std::size_t used = std::min<std::size_t>(bytes.size() - at, 3);
    for (std::size_t i = 0; i < 4; ++i) {
      out.push_back(i <= used ? alphabet[bits >> (18 - 6 * i) & 63U] : '=');
    }
  }
  return out;
}

}  // namespace detail
}  // namespace flowkit
