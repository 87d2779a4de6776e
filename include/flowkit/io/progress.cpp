#include <flowkit/core/text.hpp>
#include <flowkit/io/progress.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

namespace flowkit {
namespace {

// To the first column, erase the line, and do not wrap: a line that wrapped could not be redrawn.
constexpr std::string_view redraw = "\r\x1b[2K\x1b[?7l";
constexpr std::string_view wrap_again = "\x1b[?7h";
constexpr int bar_width = 24;

double steady_seconds() {
  using seconds = std::chrono::duration<double>;
  return seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void to_standard_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

progress_style resolve(progress_style style) {
  if (style != progress_style::automatic) return style;
  return ::isatty(STDERR_FILENO) == 1 ? progress_style::line : progress_style::plain;
}

/// Three significant digits, as a rate needs them.
std::string rate_text(double rate) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), rate < 100 ? "%.3g" : "%.0f", rate);
  return buffer.data();
}

/// A bar in eighths of a character.
std::string bar(double share) {
  static constexpr std::array<std::string_view, 8> eighths = {"",  "▏", "▎", "▍",
                                                              "▌", "▋", "▊", "▉"};
  const int filled = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * bar_width * 8));
  std::string out;
  for (int i = 0; i < filled / 8; ++i) out += "█";
  out += eighths[static_cast<std::size_t>(filled % 8)];
  out.append(static_cast<std::size_t>(bar_width - (filled + 7) / 8), ' ');
  return out;
}

}  // namespace

progress::progress(progress_options options) : options_(std::move(options)), done_(options_.done) {
  options_.style = resolve(options_.style);
  if (!options_.clock) options_.clock = steady_seconds;
  if (!options_.output) options_.output = to_standard_error;
  start_ = options_.clock();
  // The first update draws at once on a terminal; in a log only after the first interval.
  drawn_at_ = options_.style == progress_style::line ? start_ - options_.redraw_seconds : start_;
}

progress::~progress() {
  if (open_line_) options_.output("\n");
}

void progress::update(index_t done, std::string_view note) {
  if (options_.style == progress_style::quiet || finished_) return;
  done_ = done;
  const double now = options_.clock();
  const double pause =
      options_.style == progress_style::line ? options_.redraw_seconds : options_.plain_seconds;
  note_ = note;
  if (now - drawn_at_ >= pause) draw(now, false);
}

void progress::finish() {
  if (options_.style == progress_style::quiet || finished_) return;
  finished_ = true;
  draw(options_.clock(), true);
}

void progress::draw(double now, bool last) {
  drawn_at_ = now;
  const bool line = options_.style == progress_style::line;
  const bool ends = !line || last;
  options_.output(
      text(line ? redraw : "", status(now, last), line ? wrap_again : "", ends ? "\n" : ""));
  open_line_ = !ends;
}

std::string progress::status(double now, bool last) const {
  const double elapsed = now - start_;
  const double rate = elapsed > 0 ? static_cast<double>(done_ - options_.done) / elapsed : 0;
  std::string out = options_.label.empty() ? "" : options_.label + "  ";
  if (options_.total > 0) {
    const double share = static_cast<double>(done_) / static_cast<double>(options_.total);
    if (options_.style == progress_style::line && !last) out += "▕" + bar(share) + "▏ ";
    out += text(static_cast<index_t>(100 * share), "%  ", done_, "/", options_.total, " ");
  } else {
    out += text(done_, " ");
  }
  out += text(options_.unit, "s");
  if (rate > 0) out += text("  ", rate_text(rate), " ", options_.unit, "s/s");
  if (last) {
    out += "  in " + detail::duration_text(elapsed);
  } else if (options_.total > 0 && rate > 0) {
    const auto left = static_cast<double>(std::max<index_t>(options_.total - done_, 0));
    out += text("  ", detail::duration_text(left / rate), " left");
  }
  return note_.empty() ? out : out + "  " + note_;
}

namespace detail {

std::string duration_text(double seconds) {
  // Beyond some years the number says nothing; the bound also keeps the conversion defined.
  constexpr double limit = 1e9;
  const auto whole = static_cast<index_t>(std::lround(std::clamp(seconds, 0.0, limit)));
  const auto two_digits = [](index_t n) { return text(n < 10 ? "0" : "", n); };
  if (whole < 60) return text(whole, "s");
  if (whole < 3600) return text(whole / 60, "m", two_digits(whole % 60), "s");
  return text(whole / 3600, "h", two_digits(whole / 60 % 60), "m");
}

}  // namespace detail
}  // namespace flowkit
