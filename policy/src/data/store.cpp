#include <flowkit/core/error.hpp>
#include <flowkit/io/file.hpp>
#include <flowkit/io/zip.hpp>
#include <flowkit/policy/data/store.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

namespace flowkit::policy {
namespace {

namespace fs = std::filesystem;

/// Smaller files are copied: a process may have some 65 000 maps, and caches keep many small files.
constexpr std::size_t least_mapped = std::size_t{64} << 10;

void check_size(const std::string& source, const std::string& key, std::uint64_t bytes,
                index_t limit) {
  if (bytes <= static_cast<std::uint64_t>(limit)) return;
  throw file_error(source, text(key, ": has ", bytes, " bytes, but at most ", limit,
                                " are expected there; it is damaged, or not what its name says"));
}

class directory_store final : public byte_store {
 public:
  using byte_store::byte_store;

  [[nodiscard]] std::optional<blob> read(const std::string& key, index_t limit) const override {
    if (!contains(key)) return std::nullopt;
    blob out = map_file(source() + "/" + key);
    check_size(source(), key, out.bytes.size(), limit);
    return out;
  }

  [[nodiscard]] bool contains(const std::string& key) const override {
    if (exists(key)) return true;
    // What should lie in a folder that is a link to nowhere is not absent either.
    for (std::size_t end = key.find('/'); end != std::string::npos; end = key.find('/', end + 1)) {
      if (!exists(key.substr(0, end))) break;
    }
    return false;
  }

  [[nodiscard]] std::vector<std::string> children(const std::string& folder) const override {
    std::vector<std::string> out;
    if (!contains(folder)) return out;
    std::error_code failure;
    fs::directory_iterator at(source() + "/" + folder, failure);
    for (; !failure && at != fs::directory_iterator{}; at.increment(failure)) {
      out.push_back(at->path().filename().string());
    }
    if (failure) fail(folder, "cannot be listed: " + failure.message());
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw file_error(source(), text(key, ": ", what));
  }

  /// Only a name that nothing has counts as absent; training would take anything else for zeros.
  [[nodiscard]] bool exists(const std::string& key) const {
    const std::string path = source() + "/" + key;
    std::error_code failure;
    const fs::file_type found = fs::status(path, failure).type();
    if (found == fs::file_type::none) fail(key, "cannot be reached: " + failure.message());
    if (found != fs::file_type::not_found) return true;
    if (fs::is_symlink(path, failure)) {
      fail(key, "is a symbolic link to a file that is not there; fetch the file or restore it");
    }
    return false;
  }
};

class archive_store final : public byte_store {
 public:
  archive_store(const blob& archive, std::string source, const std::string& prefix)
      : byte_store(std::move(source)),
        owner_(archive.owner),
        reader_(archive.bytes, byte_store::source()) {
    for (const zip_entry& entry : reader_.entries()) {
      const std::string_view name = entry.name;
      if (name.starts_with(prefix)) entries_.emplace(name.substr(prefix.size()), &entry);
    }
  }

  [[nodiscard]] std::optional<blob> read(const std::string& key, index_t limit) const override {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    check_size(source(), key, found->second->size, limit);
    auto scratch = std::make_shared<std::vector<std::byte>>();
    const byte_view bytes = reader_.read(*found->second, *scratch);
    if (found->second->method == zip_method::stored) return blob{bytes, owner_};
    return blob{bytes, scratch};
  }

  [[nodiscard]] bool contains(const std::string& key) const override {
    return entries_.find(key) != entries_.end();
  }

  [[nodiscard]] std::vector<std::string> children(const std::string& folder) const override {
    const std::string start = folder + "/";
    std::set<std::string> names;
    for (auto at = entries_.lower_bound(start); at != entries_.end(); ++at) {
      if (!at->first.starts_with(start)) break;
      const std::string_view rest = std::string_view(at->first).substr(start.size());
      if (!rest.empty()) names.emplace(rest.substr(0, rest.find('/')));
    }
    return {names.begin(), names.end()};
  }

 private:
  std::shared_ptr<const void> owner_;
  zip_reader reader_;
  std::map<std::string, const zip_entry*, std::less<>> entries_;
};

}  // namespace

std::shared_ptr<const byte_store> open_directory(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) throw file_error(path, "is not a directory");
  return std::make_shared<directory_store>(path);
}

std::shared_ptr<const byte_store> open_archive(const blob& archive, const std::string& source,
                                               const std::string& prefix) {
  return std::make_shared<archive_store>(archive, source, prefix);
}

blob map_file(const std::string& path) {
  auto file = std::make_shared<const mapped_file>(path);
  const byte_view bytes = file->bytes();
  if (bytes.size() >= least_mapped) return {bytes, std::move(file)};
  auto copy = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  return {*copy, copy};
}

}  // namespace flowkit::policy
