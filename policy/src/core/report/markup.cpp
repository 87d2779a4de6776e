#include "core/report/markup.hpp"

#include <flowkit/host/svg.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace flowkit::policy::detail {
namespace {

/// Elements after which white space changes nothing: there the source may have a new line.
bool is_block(std::string_view name) {
  constexpr std::array<std::string_view, 14> blocks = {"section", "figure", "tr",   "p",   "div",
                                                       "li",      "ul",     "h2",   "h3",  "header",
                                                       "nav",     "table",  "main", "head"};
  return std::find(blocks.begin(), blocks.end(), name) != blocks.end();
}

std::string opening(std::string_view name, const attributes& with, std::string_view end) {
  std::string out("<");
  out += name;
  for (const attribute& a : with) {
    out.append(" ").append(a.name).append("=\"").append(flowkit::detail::xml_text(a.value));
    out += '"';
  }
  return out.append(end);
}

}  // namespace

markup markup::trusted(std::string html) {
  markup out;
  out.html_ = std::move(html);
  return out;
}

markup& markup::operator+=(const markup& other) {
  html_ += other.html_;
  return *this;
}

markup words(std::string_view text) { return markup::trusted(flowkit::detail::xml_text(text)); }

markup lines(std::string_view text) {
  markup out;
  for (std::size_t end = 0; !text.empty(); text.remove_prefix(end)) {
    end = std::min(text.find('\n'), text.size() - 1) + 1;
    const bool whole = text[end - 1] == '\n';
    out += words(text.substr(0, whole ? end - 1 : end));
    if (whole) out += markup::trusted("\n");
  }
  return out;
}

markup element(std::string_view name, const attributes& with, const markup& content) {
  std::string out = opening(name, with, ">");
  out += content.html();
  out.append("</").append(name).append(">");
  return markup::trusted(is_block(name) ? out + "\n" : out);
}

markup element(std::string_view name, const markup& content) { return element(name, {}, content); }

markup leaf(std::string_view name, const attributes& with) {
  return markup::trusted(opening(name, with, "/>"));
}

markup paragraph(std::string_view text, std::string_view css_class) {
  if (css_class.empty()) return element("p", words(text));
  return element("p", {{"class", std::string(css_class)}}, words(text));
}

markup section(std::string_view id, std::string_view title, std::string_view lead,
               const markup& content) {
  if (content.empty()) return {};
  const std::string heading = std::string(id) + "-title";
  markup inside = element("h2", {{"id", heading}}, words(title));
  if (!lead.empty()) inside += paragraph(lead, "lead");
  return element("section", {{"id", std::string(id)}, {"aria-labelledby", heading}},
                 inside + content);
}

markup table(std::string_view caption, const std::vector<column>& columns,
             const std::vector<table_row>& rows) {
  const auto align = [&columns](std::size_t i) {
    return columns[i].align == column::alignment::number ? "number" : "text";
  };
  markup head;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    head += element("th", {{"scope", "col"}, {"class", align(i)}}, words(columns[i].title));
  }
  markup body;
  for (const table_row& row : rows) {
    markup cells;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      cells += i == 0 ? element("th", {{"scope", "row"}, {"class", align(i)}}, row.cells[i])
                      : element("td", {{"class", align(i)}}, row.cells[i]);
    }
    body += element(
        "tr", row.css_class.empty() ? attributes{} : attributes{{"class", row.css_class}}, cells);
  }
  // The part that scrolls is focusable, so that the keyboard can move it.
  const markup scrolling =
      element("div",
              {{"class", "scroll"},
               {"tabindex", "0"},
               {"role", "region"},
               {"aria-label", std::string(caption)}},
              element("table", element("thead", element("tr", head)) + element("tbody", body)));
  return element("figure", {{"class", "table"}}, element("figcaption", words(caption)) + scrolling);
}

}  // namespace flowkit::policy::detail
