// Rollouts to look at: films that play by themselves, and their frames side by side.
#include "core/report/sections.hpp"
#include "core/report/wording.hpp"

#include <flowkit/core/text.hpp>
#include <flowkit/host/image.hpp>

#include <algorithm>

namespace flowkit::policy::detail {
namespace {

std::string data_address(const picture_record& picture) {
  return text("data:image/png;base64,", flowkit::detail::base64(picture.png));
}

index_t side(const picture_record& picture, std::size_t at) {
  index_t out = 0;
  for (std::size_t i = at; i < at + 4 && i < picture.png.size(); ++i) {
    out = out * 256 + static_cast<unsigned char>(picture.png[i]);
  }
  return std::max<index_t>(out, 1);
}

markup caption_of(const picture_record& picture) {
  markup out;
  if (!picture.label.empty()) out += element("h3", words(picture.label));
  return out + element("figcaption", words(picture.caption));
}

/// The strip is embedded once; both the film and the frames show it as their background.
markup film(const picture_record& picture) {
  const double width = static_cast<double>(side(picture, 16)) / static_cast<double>(picture.frames);
  const double ratio = width / static_cast<double>(side(picture, 20));
  // Real time, but neither a flicker nor a still picture.
  const double seconds = std::clamp(
      picture.seconds > 0 ? picture.seconds : 0.1 * static_cast<double>(picture.frames), 1.5, 15.0);
  const std::string style =
      text("--strip:url(", data_address(picture), ");--frames:", picture.frames, ";--ratio:", ratio,
           ";--seconds:", seconds);
  const std::string name = text("Film of ", picture.label, ": ", picture.caption);
  const markup frames = element("div",
                                {{"class", "frames"},
                                 {"tabindex", "0"},
                                 {"role", "region"},
                                 {"aria-label", "Frames of the film"}},
                                element("div", {{"aria-hidden", "true"}}, {}));
  return element(
      "figure", {{"style", style}},
      element("div", {{"class", "film"}},
              element("div", {{"class", "play"}, {"role", "img"}, {"aria-label", name}}, {}) +
                  element("div", {{"class", "side"}}, caption_of(picture))) +
          frames);
}

markup still(const picture_record& picture) {
  return element("figure", {{"class", "single"}},
                 leaf("img", {{"src", data_address(picture)}, {"alt", picture.caption}}) +
                     caption_of(picture));
}

}  // namespace

markup rollouts_section(const report_view& view) {
  markup films;
  bool moving = false;
  for (const picture_record& picture : view.run->pictures) {
    films += picture.frames > 1 ? film(picture) : still(picture);
    moving = moving || picture.frames > 1;
  }
  if (films.empty()) return {};
  markup content;
  if (moving) {
    content += leaf("input", {{"type", "checkbox"}, {"id", "still"}, {"class", "pause"}}) +
               element("label", {{"for", "still"}, {"class", "pause"}}, words(" Stop the films"));
  }
  return section("rollouts", "Rollouts",
                 "What the cameras saw. Each film is followed by its frames in order of time.",
                 content + element("div", {{"class", "films"}}, films));
}

}  // namespace flowkit::policy::detail
