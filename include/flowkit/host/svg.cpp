#include <flowkit/core/text.hpp>
#include <flowkit/host/svg.hpp>
#include <flowkit/io/utf8.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace flowkit::detail {
namespace {

constexpr std::string_view font_family =
    "'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif";

constexpr bool starts_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// Width of a character relative to the font size: averages of a sans-serif face.
double relative_width(char c) noexcept {
  static constexpr std::string_view narrow = "iIjl.,:;|!'()[] ft";
  static constexpr std::string_view wide = "mwMW%@—";
  if (!starts_character(c)) return 0;
  if (narrow.find(c) != narrow.npos) return 0.32;
  if (wide.find(c) != wide.npos) return 0.85;
  return c >= 'A' && c <= 'Z' ? 0.67 : 0.56;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = valid_utf8_prefix(text);
    for (const char c : text.substr(0, valid)) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        default:
          out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  return out;
}

std::string pixel(double value) {
  const double rounded = std::round(value * 100) / 100;
  return number_text(rounded == 0 ? 0.0 : rounded);  // no "-0"
}

double text_width(std::string_view text, double font_size) {
  double out = 0;
  for (const char c : text) out += relative_width(c);
  return out * font_size;
}

std::string fitted_text(std::string_view text, double font_size, double width) {
  if (text_width(text, font_size) <= width) return std::string(text);
  const double room = width - font_size;  // of the ellipsis
  std::size_t kept = 0;
  double used = 0;
  while (kept < text.size() && used + relative_width(text[kept]) * font_size <= room) {
    used += relative_width(text[kept++]) * font_size;
  }
  while (kept > 0 && kept < text.size() && !starts_character(text[kept])) --kept;
  return std::string(text.substr(0, kept)) + "…";
}

std::string svg_begin(double width, double height, std::string_view title) {
  const std::string size = text("width=\"", pixel(width), "\" height=\"", pixel(height), "\"");
  std::string out =
      text("<svg xmlns=\"http://www.w3.org/2000/svg\" ", size, " viewBox=\"0 0 ", pixel(width), " ",
           pixel(height), "\" font-family=\"", font_family, "\" role=\"img\">\n");
  if (!title.empty()) out += text("<title>", xml_text(title), "</title>\n");
  return out + text("<rect ", size, " fill=\"#ffffff\"/>\n");
}

std::string svg_text(double x, double y, double font_size, std::string_view content,
                     std::string_view attributes) {
  return text("<text x=\"", pixel(x), "\" y=\"", pixel(y), "\" font-size=\"", pixel(font_size),
              "\"", attributes.empty() ? "" : " ", attributes, ">", xml_text(content), "</text>\n");
}

}  // namespace flowkit::detail
