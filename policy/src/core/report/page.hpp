// The frame of a page: document, style, contents.
#pragma once

#include "core/report/markup.hpp"

#include <string>
#include <vector>

namespace flowkit::policy::detail {

/// A section with its entry in the contents.
struct page_part {
  std::string id;
  std::string title;
  markup content;
};

/// A whole document. Empty parts are left out. Everything is inline; a content security policy
/// forbids the browser to run or load anything.
[[nodiscard]] std::string page(std::string_view title, const markup& header,
                               const std::vector<page_part>& parts);

/// The style sheet of all pages.
[[nodiscard]] std::string style_sheet();

}  // namespace flowkit::policy::detail
