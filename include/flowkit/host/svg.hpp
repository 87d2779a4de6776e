// Text of SVG documents: escaping, coordinates, and the look that all pictures share.
#pragma once

#include <string>
#include <string_view>

namespace flowkit::detail {

/// Text with &, <, >, " replaced by entities. Control characters become spaces and bytes that are
/// not UTF-8 become U+FFFD, since neither may occur in an XML document.
[[nodiscard]] std::string xml_text(std::string_view text);

/// A coordinate with at most two decimals: a hundredth of a pixel.
[[nodiscard]] std::string pixel(double value);

/// Approximate width of a text in pixels. Layout must not depend on installed fonts.
[[nodiscard]] double text_width(std::string_view text, double font_size);

/// `text` cut to `width` pixels, with an ellipsis if something is missing.
[[nodiscard]] std::string fitted_text(std::string_view text, double font_size, double width);

/// The opening tag of a document of this size, with a white background and the common font.
[[nodiscard]] std::string svg_begin(double width, double height, std::string_view title);

/// A text element at (x, y), y being its base line. `attributes` may hold anchor, colour, weight.
[[nodiscard]] std::string svg_text(double x, double y, double font_size, std::string_view text,
                                   std::string_view attributes = {});

}  // namespace flowkit::detail
