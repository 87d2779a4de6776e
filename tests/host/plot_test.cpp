// Plots: the SVG documents are well formed, show what was given, and survive odd data.
#include <flowkit/core/error.hpp>
#include <flowkit/host/plot.hpp>

#include "support/files.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace flowkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

index_t count_of(const std::string& text, std::string_view piece) {
  index_t out = 0;
  for (std::size_t at = 0; (at = text.find(piece, at)) != text.npos; at += piece.size()) ++out;
  return out;
}

/// A figure of one panel.
std::string svg_of(plot_panel panel) {
  return to_svg({.title = "figure", .panels = {std::move(panel)}});
}

/// Every element that is opened is closed in the right order, and no "<" or "&" stands alone.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != svg.npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    ASSERT_NE(end, svg.npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    ASSERT_THAT(tag, Not(HasSubstr("<")));
    const std::string name = tag.substr(0, tag.find(' '));
    if (tag.front() == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ("/" + open.back(), name);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(plot, a_line_has_title_labels_legend_and_ticks) {
  const std::array<double, 3> x{0, 1, 2};
  const std::array<double, 3> y{0, 10, 20};
  plot_panel panel{.title = "loss", .x = {.label = "step"}, .y = {.label = "error"}};

  const std::string svg = svg_of(panel.line("train", x, y));

  expect_well_formed(svg);
  for (const char* text : {">figure<", ">loss<", ">step<", ">error<", ">train<", ">10<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST(plot, a_description_is_there_to_be_read_out_and_is_not_drawn) {
  const std::string svg = to_svg({.panels = {plot_panel{}}, .description = "rises & falls"});

  expect_well_formed(svg);
  EXPECT_EQ(count_of(svg, "rises &amp; falls"), 1);
  EXPECT_THAT(svg, HasSubstr("<title>rises &amp; falls</title>"));
}

TEST(plot, text_is_escaped) {
  const std::array<double, 2> x{0, 1};

  const std::string svg = svg_of(plot_panel{.title = "a<b & \"c\"\x01\xff"}.line("<script>", x, x));

  expect_well_formed(svg);
  EXPECT_THAT(svg, HasSubstr("a&lt;b &amp; &quot;c&quot; \xEF\xBF\xBD"));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
}

TEST(plot, a_line_is_interrupted_where_values_are_missing) {
  const std::array<double, 5> x{0, 1, 2, 3, 4};
  const std::array<double, 5> y{0, 1, nan, 3, 4};

  const std::string whole = svg_of(plot_panel{}.line("", x, x));
  const std::string broken = svg_of(plot_panel{}.line("", x, y));

  EXPECT_EQ(count_of(broken, "M"), count_of(whole, "M") + 1);
  EXPECT_EQ(count_of(broken, "L"), count_of(whole, "L") - 2);
  expect_well_formed(broken);
}

TEST(plot, values_without_a_logarithm_are_left_out) {
  const std::array<double, 4> x{-1, 0, 1, 10};
  plot_panel panel{.x = {.scale = axis_scale::log}};

  const std::string svg = svg_of(panel.scatter("", x, x));

  EXPECT_EQ(count_of(svg, "<circle"), 2);
  expect_well_formed(svg);
}

TEST(plot, every_point_is_drawn_once) {
  std::vector<double> x(1000);
  std::iota(x.begin(), x.end(), 0.0);

  EXPECT_EQ(count_of(svg_of(plot_panel{}.scatter("", x, x)), "<circle"), 1000);
}

TEST(plot, histogram_counts_every_value_of_its_range_once) {
  const std::array<double, 7> values{0, 0.5, 1, 1, 2, nan, 9};
  plot_panel panel;

  panel.histogram("all", values, {.count = 3}).histogram("some", values, {2, 0.0, 2.0});

  EXPECT_THAT(panel.series[0].x, ElementsAre(0, 3, 6, 9));
  EXPECT_THAT(panel.series[0].y, ElementsAre(5, 0, 1));
  EXPECT_THAT(panel.series[1].x, ElementsAre(0, 1, 2));
  EXPECT_THAT(panel.series[1].y, ElementsAre(2, 3));
}

TEST(plot, equal_aspect_makes_units_equally_long) {
  // A square of side 2 in a wide panel: the drawn discs must be as far apart in x as in y.
  const std::array<double, 2> x{0, 2};
  plot_panel panel{.aspect = plot_aspect::equal};
  const std::string svg = to_svg({.panels = {panel.scatter("", x, x)}, .panel_width = 900});

  const auto number_after = [&](const char* key, std::size_t from) {
    return std::stod(svg.substr(svg.find(key, from) + std::string_view(key).size()));
  };
  const std::size_t first = svg.find("<circle");
  const std::size_t second = svg.find("<circle", first + 1);
  const double dx = number_after("cx=\"", second) - number_after("cx=\"", first);
  const double dy = number_after("cy=\"", first) - number_after("cy=\"", second);

  EXPECT_NEAR(dx, dy, 0.03);  // coordinates are rounded to 0.01
  EXPECT_GT(dx, 50);
}

TEST(plot, odd_data_give_a_document_without_undefined_numbers) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<double>> sets{{},
                                              {5},
                                              {nan, nan},
                                              {infinity, -infinity, 1},
                                              {1e17, 1e17 + 16},
                                              {-1e-300, 1e-300},
                                              {0, 0},
                                              {-1e308, 1e308},
                                              {-1e300, 1e300},
                                              {0, 5e-324},
                                              {5e-324, 1e300}};
  for (const auto& values : sets) {
    for (const axis_scale scale : {axis_scale::linear, axis_scale::log}) {
      for (const plot_aspect aspect : {plot_aspect::fill, plot_aspect::equal}) {
        plot_panel panel{.x = {.scale = scale}, .y = {.scale = scale}, .aspect = aspect};
        panel.line("l", values, values).scatter("s", values, values).histogram("h", values);

        if (scale == axis_scale::log && aspect == plot_aspect::equal) {
          EXPECT_THROW((void)svg_of(panel), invalid_input);
        } else {
          expect_well_formed(svg_of(panel));
        }
      }
    }
  }
}

TEST(plot, units_of_a_logarithmic_axis_are_not_equally_long) {
  const auto refusal = [](axis_scale x, axis_scale y) {
    return testing::message_of<invalid_input>([&] {
      (void)svg_of(
          {.title = "a", .x = {.scale = x}, .y = {.scale = y}, .aspect = plot_aspect::equal});
    });
  };

  EXPECT_THAT(refusal(axis_scale::log, axis_scale::linear),
              HasSubstr("panel \"a\" has plot_aspect::equal and a logarithmic x axis"));
  EXPECT_THAT(refusal(axis_scale::linear, axis_scale::log), HasSubstr("logarithmic y axis"));
  EXPECT_THAT(refusal(axis_scale::log, axis_scale::log),
              HasSubstr("use plot_aspect::fill or linear axes"));
}

TEST(plot, values_far_outside_of_the_axes_give_numbers) {
  const std::array<double, 2> x{0, 1e300};
  const plot_axis narrow{.low = 0, .high = 1e-200};
  const std::array<double, 2> thin{0, 1e-200};

  expect_well_formed(svg_of(plot_panel{.x = narrow, .y = narrow}.line("", x, x)));
  expect_well_formed(svg_of(plot_panel{.aspect = plot_aspect::equal}.line("", x, thin)));
}

TEST(plot, an_axis_that_doubles_barely_resolve_ends) {
  const std::array<double, 2> x{0, 1};
  plot_panel panel{.x = {.label = "", .low = 1e17, .high = 1e17 + 32}};

  expect_well_formed(svg_of(panel.line("", x, x)));
}

TEST(plot, panels_fill_rows) {
  const plot_figure figure{.title = "", .panels = {{}, {}, {}, {}}, .columns = 2};

  const std::string svg = to_svg(figure);

  EXPECT_THAT(svg, HasSubstr("width=\"886\" height=\"686\""));
  expect_well_formed(svg);
}

TEST(plot, series_of_unequal_lengths_are_refused) {
  const std::array<double, 2> x{0, 1};
  const std::array<double, 3> y{0, 1, 2};

  const auto message =
      testing::message_of<invalid_input>([&] { (void)plot_panel{}.line("loss", x, y); });

  EXPECT_THAT(message, HasSubstr("\"loss\" has 2 x and 3 y values"));
  EXPECT_THROW((void)plot_panel{}.histogram("", x, {.count = 0}), invalid_input);
  EXPECT_THROW((void)plot_panel{}.histogram("", x, {3, 2.0, 1.0}), invalid_input);
}

TEST(plot, what_cannot_be_drawn_is_refused_with_the_values) {
  const std::array<double, 2> x{0, 1};
  const auto refusal = [&](const histogram_bins& bins) {
    return testing::message_of<invalid_input>([&] { (void)plot_panel{}.histogram("", x, bins); });
  };
  const auto panels = [](double width, double height) {
    return testing::message_of<invalid_input>(
        [&] { (void)to_svg({.panel_width = width, .panel_height = height}); });
  };

  EXPECT_THAT(refusal({.count = std::numeric_limits<index_t>::max()}),
              HasSubstr("9223372036854775807 bins cannot be drawn"));
  EXPECT_THAT(refusal({3, -1e308, 1e308}), HasSubstr("from -1e+308 to 1e+308"));
  EXPECT_THAT(panels(nan, 320), HasSubstr("panels of nan x 320 pixels"));
  EXPECT_THAT(panels(420, 1e9), HasSubstr("pixels cannot be drawn"));
  EXPECT_THAT(testing::message_of<invalid_input>(
                  [&] { (void)to_svg({.panels = {{.series = {{.label = "a", .size = nan}}}}}); }),
              HasSubstr("\"a\" has marks of size nan"));
}

TEST(plot, a_file_holds_the_document) {
  const testing::temporary_directory directory;
  const plot_figure figure{.title = "figure", .panels = {{}}};

  write_svg(directory / "a.svg", figure);

  EXPECT_EQ(testing::read_text(directory / "a.svg"), to_svg(figure));
}

}  // namespace
}  // namespace flowkit
