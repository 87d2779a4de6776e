// HTML that is well formed by construction: text can only enter it escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy::detail {

/// A piece of a page: balanced elements and escaped text.
class markup {
 public:
  markup() = default;

  /// Takes text as it is. Only for documents that this program has just made, e.g. by to_svg.
  [[nodiscard]] static markup trusted(std::string html);

  markup& operator+=(const markup& other);
  friend markup operator+(markup a, const markup& b) { return a += b; }

  [[nodiscard]] const std::string& html() const noexcept { return html_; }
  [[nodiscard]] bool empty() const noexcept { return html_.empty(); }

 private:
  std::string html_;
};

struct attribute {
  std::string_view name;
  std::string value;
};
using attributes = std::vector<attribute>;

/// Text, escaped.
[[nodiscard]] markup words(std::string_view text);

/// Text of several lines, escaped; line breaks stay and tabs become spaces.
[[nodiscard]] markup lines(std::string_view text);

/// <name attributes>content</name>
[[nodiscard]] markup element(std::string_view name, const attributes& with, const markup& content);
[[nodiscard]] markup element(std::string_view name, const markup& content);
/// <name attributes/>, for elements that HTML calls void and for shapes of SVG.
[[nodiscard]] markup leaf(std::string_view name, const attributes& with);

/// <p class="...">text</p>
[[nodiscard]] markup paragraph(std::string_view text, std::string_view css_class = {});

/// A section of the page, with its anchor, heading and leading text; empty if the content is.
[[nodiscard]] markup section(std::string_view id, std::string_view title, std::string_view lead,
                             const markup& content);

/// A column of a table: its heading and whether its cells are numbers.
struct column {
  std::string title;
  enum class alignment { text, number } align = alignment::text;
};

/// A row: a cell per column; the first is the heading of the row.
struct table_row {
  std::vector<markup> cells;
  std::string css_class{};
};

/// A table that scrolls by itself where the page is too narrow. The caption is read out first.
[[nodiscard]] markup table(std::string_view caption, const std::vector<column>& columns,
                           const std::vector<table_row>& rows);

}  // namespace flowkit::policy::detail
