#include <app/context.hpp>

#include <flowkit/io/file.hpp>

#include <cstdio>

namespace flowkit::app {

void write_out(std::string_view words) {
  const bool written = std::fwrite(words.data(), 1, words.size(), stdout) == words.size();
  if (!written || std::fflush(stdout) != 0) {
    detail::throw_system_error("standard output", "cannot write the answer");
  }
}

void context::say(std::string_view line) const {
  if (!quiet) std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void context::answer(const json_value& document, std::string_view lines) const {
  std::string shown = json ? to_json(document, json_style::indented) : std::string(lines);
  if (!shown.ends_with('\n')) shown += '\n';
  write_out(shown);
}

}  // namespace flowkit::app
