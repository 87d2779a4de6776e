// Preloaded into the command: kills it where a chosen file is about to appear, so that a test can
// stop a run inside every stage without watching a clock. Files appear by being renamed.
//   FLOWKIT_RENAMES      a file to which the destination of every rename is appended
//   FLOWKIT_KILL_AT      the end of a path; the process dies before the rename to it ...
//   FLOWKIT_KILL_COUNT   ... that has this number (default 1)
#include <dlfcn.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

void note(const char* to) {
  const char* const path = std::getenv("FLOWKIT_RENAMES");
  if (path == nullptr) return;
  std::FILE* const log = std::fopen(path, "a");
  if (log == nullptr) std::abort();
  std::fprintf(log, "%s\n", to);
  std::fclose(log);
}

void die_if_chosen(const char* to) {
  static std::atomic<int> seen{0};
  const char* const at = std::getenv("FLOWKIT_KILL_AT");
  if (at == nullptr || !std::string_view(to).ends_with(at)) return;
  const char* const count = std::getenv("FLOWKIT_KILL_COUNT");
  if (++seen == (count == nullptr ? 1 : std::atoi(count))) (void)std::raise(SIGKILL);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int renameat2(int from_folder, const char* from,
                                                                int to_folder, const char* to,
                                                                unsigned flags) noexcept {
  using rename_function = int (*)(int, const char*, int, const char*, unsigned);
  static const auto real = reinterpret_cast<rename_function>(dlsym(RTLD_NEXT, "renameat2"));
  note(to);
  die_if_chosen(to);
  return real(from_folder, from, to_folder, to, flags);
}

extern "C" __attribute__((visibility("default"))) int rename(const char* from,
                                                             const char* to) noexcept {
  using rename_function = int (*)(const char*, const char*);
  static const auto real = reinterpret_cast<rename_function>(dlsym(RTLD_NEXT, "rename"));
  note(to);
  die_if_chosen(to);
  return real(from, to);
}
