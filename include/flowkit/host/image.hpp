// Pictures of many small images: a grid as PNG, or as SVG with captions.
#pragma once

#include <flowkit/core/platform.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flowkit {

/// Images of one size, not owned: [count, height, width, channels], row-major, 1 channel (grey) or
/// 3 (red, green, blue). Values beyond `black` and `white` are clamped; NaN is black.
struct image_batch {
  std::span<const float> pixels;
  index_t count;
  index_t height;
  index_t width;
  index_t channels = 1;
  float black = 0;  ///< the value without light; above `white` for a negative
  float white = 1;  ///< the value of full light
};

/// How images are laid out.
struct image_grid {
  index_t columns = 0;  ///< 0: about as many as rows
  index_t scale = 4;    ///< each pixel becomes a square of this side, without smoothing
  index_t gap = 4;      ///< white pixels between images
};

/// An SVG document's texts. Captions go below the images, in order; there may be fewer than images.
struct image_texts {
  std::string title{};
  std::vector<std::string> captions{};
};

/// Bytes of a PNG file of one 8-bit image [height, width, channels], with 1, 3 or 4 channels (grey,
/// RGB, RGBA). Throws invalid_input for another number or a wrong size. Allocates.
[[nodiscard]] std::string encode_png(std::span<const std::uint8_t> pixels, index_t height,
                                     index_t width, index_t channels);

/// Replaces `path` atomically by a PNG file of the grid. Throws invalid_input for wrong sizes.
void write_png(const std::string& path, const image_batch& images, const image_grid& grid = {});

/// The grid as a self-contained SVG document: each image is embedded as PNG. Allocates.
[[nodiscard]] std::string to_svg(const image_batch& images, const image_grid& grid = {},
                                 const image_texts& texts = {});

/// Replaces `path` atomically by the SVG document.
void write_svg(const std::string& path, const image_batch& images, const image_grid& grid = {},
               const image_texts& texts = {});

namespace detail {
/// RFC 4648 base64, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);
}  // namespace detail

}  // namespace flowkit
