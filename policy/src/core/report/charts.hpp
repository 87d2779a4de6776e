// The figures of a page: charts with captions, and small pictures inside of tables.
#pragma once

#include "core/report/markup.hpp"

#include <flowkit/host/plot.hpp>
#include <flowkit/policy/evaluation/intervals.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::policy::detail {

/// A colour of the page in its light and its dark scheme. Pictures are drawn with the light one,
/// which the style sheet replaces.
struct page_colour {
  std::string_view light;
  std::string_view dark;
};

/// Colours of series, distinguishable with colour-blindness (after Okabe and Ito, 2008; the faint
/// ones darker, those of the dark scheme lighter, of the same hues).
inline constexpr std::array<page_colour, 7> series_colours = {{{"#0072B2", "#5aaee6"},
                                                               {"#D55E00", "#ff8f45"},
                                                               {"#009E73", "#35c79b"},
                                                               {"#CC79A7", "#e6a0c8"},
                                                               {"#B07A00", "#f0b73c"},
                                                               {"#56B4E9", "#9ad6fa"},
                                                               {"#7A6FB0", "#b3aaea"}}};

/// Colour of what is only a background to compare with, such as expert trajectories.
inline constexpr page_colour quiet_colour = {"#9aa0a6", "#6f7781"};

/// The light colour of a series by its number; they repeat.
[[nodiscard]] std::string colour_of(std::size_t series);

/// One chart with title and caption. The caption says how to read it.
struct chart {
  plot_panel panel{};
  std::string title{};
  std::string caption{};
};

/// Charts beside each other as far as the page is wide.
[[nodiscard]] markup figures(std::span<const chart> charts);

/// Adds vertical whiskers of intervals at x: a line series without a legend entry.
void add_whiskers(plot_panel& panel, std::span<const double> x, std::span<const interval> ranges,
                  const std::string& colour);

/// Several curves as one series, for dozens of trajectories of one colour.
struct curve_bundle {
  std::vector<double> x{};
  std::vector<double> y{};

  void add(std::span<const double> xs, std::span<const double> ys);
};

/// A point with its interval on a track from `low` to `high`; `text` is read out instead of it.
struct dot_and_whisker {
  double value = 0;
  interval range{};
  double low = 0;
  double high = 1;
  std::string colour{};
  std::string text{};
};
[[nodiscard]] markup inline_picture(const dot_and_whisker& picture);

/// Shares of a whole as one bar; `text` is read out instead of it.
struct share_bar {
  std::vector<double> shares{};  ///< by colour number; the rest stays empty
  std::string text{};
};
[[nodiscard]] markup inline_picture(const share_bar& picture);

/// A small square in a colour, for legends.
[[nodiscard]] markup swatch(const std::string& colour);

}  // namespace flowkit::policy::detail
