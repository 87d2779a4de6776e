// flowkit: from demonstrations to a one-step visuomotor policy, as one command.
#include <app/command_line.hpp>
#include <app/run_directory.hpp>
#include <app/run_lock.hpp>

#include <flowkit/core/error.hpp>
#include <flowkit/policy/manifest.hpp>
#include <flowkit/train/interrupt.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

namespace flowkit::app {
namespace {

enum exit_status : int { done = 0, failed = 1, wrong_usage = 2 };

std::string overview() {
  std::string out =
      "usage: flowkit COMMAND [options]\n\n"
      "From demonstrations to a control loop that evaluates its network once.\n\ncommands:\n";
  for (const command& c : commands()) {
    std::string name(c.name);
    name.resize(std::max<std::size_t>(name.size() + 2, 12), ' ');
    out += text("  ", name, c.summary, "\n");
  }
  return out + "\nflowkit COMMAND --help explains a command; flowkit --version names this build.\n";
}

const command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const command& c : commands()) {
    if (c.name == name) return c;
    names.emplace_back(c.name);
  }
  throw invalid_input(text("there is no command '", name, "'", policy::suggestion(name, names),
                           " (flowkit --help lists all)"));
}

bool asks_for_help(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& w) { return w == "--help" || w == "-h"; });
}

int execute(std::vector<std::string> words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    if (words.empty()) {
      std::fputs(overview().c_str(), stderr);
      return wrong_usage;
    }
    write_out(overview());
    return done;
  }
  if (words[0] == "--version") {
    write_out(text("flowkit ", policy::library_version(), "\n"));
    return done;
  }
  const command& c = find_command(words[0]);
  words.erase(words.begin());
  if (asks_for_help(words)) {
    write_out(help_of(c));
    return done;
  }
  context given = parse(c, words);
  if (c.changes_run && std::filesystem::exists(given / "config.toml")) lock_run(given.folder);
  const interrupt_guard guard;
  given.stop = &guard.flag();
  c.run(given);
  remark_ignored(c, given);
  return done;
}

/// Files that are opened later must not take the numbers of standard streams that the caller
/// closed, or what is said would go into them. Open for reading only, so that writing to them still
/// fails.
void keep_standard_streams() {
  int file = 0;
  while (file >= 0 && file <= STDERR_FILENO) file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (file > STDERR_FILENO) ::close(file);
}

int complain(const char* message, exit_status status) {
  std::fprintf(stderr, "flowkit: %s\n", message);
  return status;
}

}  // namespace
}  // namespace flowkit::app

int main(int count, char** words) {
  using namespace flowkit;
  app::keep_standard_streams();
  (void)std::signal(SIGXFSZ, SIG_IGN);  // a file over its limit is a failed write, with a message
  try {
    return app::execute({words + 1, words + count});
  } catch (const invalid_input& e) {
    return app::complain(e.what(), app::wrong_usage);
  } catch (const file_error& e) {
    return app::complain(e.what(), app::wrong_usage);
  } catch (const not_built_error& e) {
    return app::complain(e.what(), app::wrong_usage);
  } catch (const std::exception& e) {
    return app::complain(e.what(), app::failed);
  }
}
