// The look of a page: one column of text, figures beside each other as far as there is room.
#include "core/report/charts.hpp"
#include "core/report/page.hpp"

#include <flowkit/core/text.hpp>

namespace flowkit::policy::detail {
namespace {

// Colours as custom properties, so that the dark scheme replaces nothing else. Text on its ground
// has a contrast of at least 4.5 (WCAG 2.1, 1.4.3) in both schemes.
constexpr std::string_view light_scheme = R"(:root{color-scheme:light dark;
--paper:#fbfbf9;--card:#ffffff;--ink:#1d2126;--soft:#5a616a;--line:#e2e2dc;--faint:#eeeeea;
--mark:#eef5fb;--accent:#00609c;--warn:#a33b00;
--serif:Charter,"Bitstream Charter","Iowan Old Style","Source Serif 4",Georgia,"DejaVu Serif",serif;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;)";

constexpr std::string_view dark_scheme = R"(
--paper:#15181c;--card:#1b1f24;--ink:#e9eaec;--soft:#a8afb8;--line:#343a42;--faint:#262b31;
--mark:#1d2a36;--accent:#7cc0f0;--warn:#ffab7a;)";

constexpr std::string_view layout = R"(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0 auto;max-width:72rem;padding:clamp(1.5rem,5vw,4.5rem) clamp(1rem,4vw,3rem);
background:var(--paper);color:var(--ink);font:1rem/1.6 var(--sans)}
h1,h2,h3{line-height:1.2;text-wrap:balance}
h1{font:600 clamp(1.7rem,4.5vw,2.5rem)/1.15 var(--serif);letter-spacing:-.015em;
margin:.2rem 0 .8rem}
h2{font:600 1.6rem/1.25 var(--serif);letter-spacing:-.01em;margin:0 0 .5rem}
h3{font-size:1rem;font-weight:600;margin:0 0 .5rem}
h3.part{font:600 1.2rem/1.3 var(--serif);margin:2rem 0 .4rem}
p{margin:0 0 1rem;max-width:46rem}
a{color:var(--accent);text-underline-offset:.15em}
section{margin-top:clamp(3rem,7vw,4.5rem);scroll-margin-top:1rem}
.eyebrow{margin:0;font-size:.8rem;letter-spacing:.09em;text-transform:uppercase;color:var(--soft)}
.lead{color:var(--soft)}
.headline{font:400 clamp(1.2rem,2.6vw,1.5rem)/1.45 var(--serif);max-width:48rem;margin:0 0 .9rem}
.headline strong{font-weight:700}
.evidence{color:var(--soft);max-width:48rem}
.warning{color:var(--warn)}
.chips{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;padding:0;margin:0 0 1.8rem}
.chips li{border:1px solid var(--line);border-radius:99rem;padding:.1rem .75rem;font-size:.85rem;
color:var(--soft);background:var(--card)}
.chips b{font-weight:600;color:var(--ink)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,11.5rem),1fr));gap:.9rem;
margin:1.8rem 0 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:1rem 1.15rem;
margin:0}
.card dt{font-size:.85rem;color:var(--soft)}
.card dd{margin:0}
.card dd.value{font:600 1.85rem/1.25 var(--serif);font-variant-numeric:tabular-nums lining-nums}
.card dd.note{font-size:.85rem;color:var(--soft);line-height:1.4}
nav{margin-top:2.4rem;border-block:1px solid var(--line)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;margin:0;padding:.7rem 0;
font-size:.92rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.5rem .7rem;text-align:left;vertical-align:middle}
thead th{font-weight:600;font-size:.82rem;line-height:1.3;color:var(--soft);vertical-align:bottom;
border-bottom:1px solid var(--line)}
tbody th{font-weight:600;min-width:10.6rem;overflow-wrap:anywhere}
tbody tr+tr>*{border-top:1px solid var(--faint)}
.number{text-align:right;white-space:nowrap}
thead th.number{white-space:normal}
tr.primary>*{background:var(--mark)}
tr.task th{padding-top:1.2rem;font-family:var(--serif);font-size:1.05rem}
td small,th small{display:block;font-weight:400;color:var(--soft);font-size:.8rem;line-height:1.35}
.wrap td,.wrap th{white-space:normal;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));
gap:1.2rem;margin:1.4rem 0}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.7rem;
padding:1.1rem 1.2rem 1rem;min-width:0}
figure.plot>svg{display:block;width:100%;max-width:36rem;height:auto;margin:0 auto}
figcaption{font-size:.88rem;line-height:1.5;color:var(--soft);margin-top:.5rem;
overflow-wrap:anywhere}
figure.table{padding:.8rem 0 .2rem;margin:1.2rem 0}
figure.table figcaption{margin:0;padding:0 .7rem .4rem}
.short figure.table{max-width:42rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.8rem 0;
font-size:.9rem}
svg.swatch{margin-right:.45rem}
svg.inline{display:block}
details{margin:1.2rem 0}
summary{cursor:pointer;font-weight:600}
pre{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:1rem 1.2rem;
overflow:auto;max-height:32rem;font:.83rem/1.55 var(--mono);tab-size:4}
footer{margin-top:5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.85rem;
color:var(--soft)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
)";

// A film plays by moving its strip in steps behind a window as large as one frame. It can be
// stopped by a box that needs no script, and stands still for those who ask for less motion.
constexpr std::string_view films = R"(
.films{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1.2rem;
margin:1.2rem 0}
.film{display:flex;gap:1.1rem;align-items:flex-start}
.play{flex:none;width:min(9.5rem,38%);aspect-ratio:var(--ratio);border-radius:.5rem;
background:var(--strip) 0 0/calc(100%*var(--frames)) 100% no-repeat;
animation:film calc(var(--seconds)*1s) steps(var(--frames),jump-none) infinite;
-webkit-print-color-adjust:exact;print-color-adjust:exact}
.film .side{min-width:0;flex:1}
.film figcaption{margin-top:0}
.frames{overflow-x:auto;border-radius:.4rem;margin-top:.7rem}
.frames div{height:4.2rem;width:calc(4.2rem*var(--frames)*var(--ratio));
background:var(--strip) 0 0/100% 100%;
-webkit-print-color-adjust:exact;print-color-adjust:exact}
@keyframes film{from{background-position:0 0}to{background-position:100% 0}}
.pause{font-size:.9rem;color:var(--soft)}
#still:checked~.films .play{animation-play-state:paused}
figure.single img{max-width:100%;height:auto;border-radius:.4rem}
@media (prefers-reduced-motion:reduce){.play{animation:none}html{scroll-behavior:auto}}
)";

constexpr std::string_view printing = R"(
@media print{body{max-width:none;padding:0;font-size:10pt;background:#fff}
nav,.pause{display:none}figure,.card,tr{break-inside:avoid}h2,h3,.lead{break-after:avoid}
.scroll,pre{overflow:visible;max-height:none}pre{white-space:pre-wrap}
.figures{grid-template-columns:1fr 1fr}}
)";

/// What pictures are drawn with is replaced by the colours of the scheme: attributes of SVG yield
/// to style sheets.
std::string picture_rules() {
  std::string out = R"(
.plot text{font-family:var(--sans)}
.plot rect[fill="#ffffff"]{fill:none}
.plot [stroke="#ffffff"]{stroke:var(--card)}
.plot [fill="#222222"]{fill:var(--ink)}
.plot [fill="#5f6368"]{fill:var(--soft)}
.plot [stroke="#f3f4f5"]{stroke:var(--faint)}
.plot [stroke="#e4e6e9"]{stroke:var(--line)}
.plot [stroke="#80868b"]{stroke:var(--soft)}
.plot .track{stroke:var(--line);stroke-width:2;stroke-linecap:round}
.plot .zero{stroke:var(--soft)}
.plot .whisker{stroke-width:3.4;stroke-linecap:round;stroke-opacity:.5}
)";
  const auto rule = [&out](std::string_view colour, std::string_view name) {
    out += text(".plot [fill=\"", colour, "\"]{fill:var(", name, ")}.plot [stroke=\"", colour,
                "\"]{stroke:var(", name, ")}\n");
  };
  for (std::size_t i = 0; i < series_colours.size(); ++i) {
    rule(series_colours[i].light, text("--s", i));
  }
  rule(quiet_colour.light, "--quiet");
  return out;
}

/// Declares the colours of series in the scheme that `pick` takes from a page_colour.
std::string series_properties(std::string_view page_colour::*pick) {
  std::string out;
  for (std::size_t i = 0; i < series_colours.size(); ++i) {
    out += text("--s", i, ":", series_colours[i].*pick, ";");
  }
  return out + text("--quiet:", quiet_colour.*pick, ";");
}

}  // namespace

std::string style_sheet() {
  std::string out = text("\n", light_scheme, series_properties(&page_colour::light), "}\n");
  // Paper is light whatever the screen is.
  out += text("@media screen and (prefers-color-scheme:dark){:root{", dark_scheme,
              series_properties(&page_colour::dark), "}}");
  return out + text(layout, films, printing) + picture_rules();
}

}  // namespace flowkit::policy::detail
