#include "core/report/page.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::policy::detail {
namespace {

markup contents(const std::vector<page_part>& parts) {
  markup links;
  for (const page_part& part : parts) {
    if (part.content.empty()) continue;
    links += element("li", element("a", {{"href", text("#", part.id)}}, words(part.title)));
  }
  if (links.empty()) return {};
  return element("nav", {{"aria-label", "Contents"}}, element("ul", links));
}

markup head(std::string_view title) {
  constexpr const char* policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return element(
      "head",
      leaf("meta", {{"charset", "utf-8"}}) +
          leaf("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}}) +
          leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}) +
          leaf("meta", {{"name", "color-scheme"}, {"content", "light dark"}}) +
          element("title", words(title)) + element("style", markup::trusted(style_sheet())));
}

}  // namespace

std::string page(std::string_view title, const markup& header,
                 const std::vector<page_part>& parts) {
  markup main;
  for (const page_part& part : parts) main += part.content;
  const markup body = element(
      "body",
      element("header", header) + contents(parts) + element("main", main) +
          element("footer", paragraph("Written by flowkit. This page is one file: it needs no "
                                      "network, no scripts and no other files.")));
  return text("<!DOCTYPE html>\n", element("html", {{"lang", "en"}}, head(title) + body).html(),
              "\n");
}

}  // namespace flowkit::policy::detail
