#include <app/context.hpp>

#include <cstdio>

namespace flowkit::app {

void context::say(std::string_view line) const {
  if (!quiet) std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void context::answer(const json_value& document, std::string_view lines) const {
  const std::string shown = json ? to_json(document, json_style::indented) : std::string(lines);
  std::fputs(shown.c_str(), stdout);
  if (!shown.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

}  // namespace flowkit::app
