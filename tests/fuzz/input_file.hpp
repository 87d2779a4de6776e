// An input of a fuzzer as a file, for readers that take a path.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace flowkit::testing {

/// A file in a directory of its own, which is removed when the program ends. A program that a
/// fuzzer makes crash does not come to that, so the next one removes what it left.
class input_file {
 public:
  explicit input_file(const std::string& name) {
    namespace fs = std::filesystem;
    const fs::path memory = "/dev/shm";  // thousands of files a second
    const fs::path root = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    remove_left_behind(root);
    // mkdtemp asks for the six letters, and puts others in their place.
    std::string folder = (root / (prefix + std::to_string(getpid()) + "-XXXXXX")).string();
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    folder_ = folder;
    path_ = folder + "/" + name;
  }
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;
  ~input_file() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void write(const std::uint8_t* data, std::size_t size) const {
    std::FILE* const file = std::fopen(path_.c_str(), "wb");
    if (file == nullptr || std::fwrite(data, 1, size, file) != size || std::fclose(file) != 0) {
      std::abort();
    }
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static inline const std::string prefix = "flowkit-fuzz-";

  /// Directories of processes that are no more; what belongs to others stays.
  static void remove_left_behind(const std::filesystem::path& root) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(root, ignored)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(prefix)) continue;
      const auto owner = static_cast<pid_t>(std::atol(name.c_str() + prefix.size()));
      if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) {
        std::filesystem::remove_all(entry.path(), ignored);
      }
    }
  }

  std::string folder_;
  std::string path_;
};

}  // namespace flowkit::testing
