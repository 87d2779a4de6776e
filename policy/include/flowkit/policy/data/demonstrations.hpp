// A data set of demonstrations: named fields over frames, cut into episodes, read lazily.
#pragma once

#include <flowkit/io/json.hpp>
#include <flowkit/policy/data/field.hpp>

#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace flowkit::policy {

/// Consecutive frames: of an episode, or of a request.
struct frame_range {
  index_t first = 0;
  index_t count = 0;
};

/// What reading a data set may cost.
struct demonstration_options {
  /// Decoded blocks that are kept, in bytes; the least recently used are dropped. One block is
  /// always kept, whatever its size.
  index_t cache_bytes = index_t{512} << 20;
  /// Fields of at most 4096 bytes per frame are kept whole as long as they fit here together.
  index_t resident_bytes = index_t{256} << 20;
  /// A file that asks for larger blocks (chunks of zarr over all inner axes) is refused.
  index_t block_bytes = index_t{256} << 20;
};

/// Episodes of one task in the layout of Diffusion Policy: every field holds the frames of all
/// episodes one after the other; `episode_ends` holds the exclusive end of each.
///
/// Reads a zarr version 2 directory or its zip archive (data/<field>, meta/episode_ends,
/// meta/<name> for one value per episode), or a .npz file of such arrays. Files are treated as
/// hostile: file_error names file and field. Opening reads metadata and ends only; frames are
/// decoded when they are asked for. Frames after the last end, which an interrupted writer may
/// leave, are ignored. Reading is const and safe from several threads.
class demonstrations {
 public:
  /// Throws file_error if the file or directory is not a usable data set.
  explicit demonstrations(const std::string& path, const demonstration_options& options = {});
  /// The same of a zip archive or .npz file in memory, which must outlive this object.
  demonstrations(byte_view archive, const std::string& source,
                 const demonstration_options& options = {});
  /// Of fields in memory (or from anywhere else). `ends` must increase strictly from above 0, every
  /// field must have at least that many frames, and `per_episode` must be arrays [episodes, ...]
  /// with names of fields; throws invalid_input.
  demonstrations(std::vector<std::shared_ptr<const field_source>> fields, std::vector<index_t> ends,
                 std::map<std::string, array> per_episode = {}, json_value attributes = {},
                 std::string source = "memory", const demonstration_options& options = {});
  demonstrations(demonstrations&&) noexcept;
  demonstrations& operator=(demonstrations&&) noexcept;
  ~demonstrations();

  /// Path it was read from.
  [[nodiscard]] const std::string& source() const noexcept;
  /// Sorted by name.
  [[nodiscard]] const std::vector<field_info>& fields() const noexcept;
  /// Number of a field in `fields()`. Throws invalid_input that lists the names there are.
  [[nodiscard]] std::size_t field(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const noexcept;

  [[nodiscard]] index_t episodes() const noexcept;
  /// Frames of all episodes.
  [[nodiscard]] index_t frames() const noexcept;
  [[nodiscard]] std::span<const index_t> episode_ends() const noexcept;
  [[nodiscard]] frame_range episode(index_t number) const;
  /// One value (or vector) per episode by name: seeds, modes, whatever the collector wrote.
  [[nodiscard]] const std::map<std::string, array>& per_episode() const noexcept;
  /// Free-form document of the data set; an object or null.
  [[nodiscard]] const json_value& attributes() const noexcept;

  /// A name for the contents: a SHA-256 over episodes, values per episode, and the numbers of all
  /// frames of all fields, pictures included. Equal for a directory, its archive and a copy with
  /// another compression. The first call reads everything, block by block; later ones remember.
  /// Throws file_error.
  [[nodiscard]] const std::string& fingerprint() const;

  /// Calls `use` with the bytes of consecutive frames, block by block, until all frames of the
  /// range were passed. The bytes are valid during the call. Throws file_error.
  void visit(std::size_t field, frame_range range, const std::function<void(byte_view)>& use) const;
  /// Frames of a field, converted to T (float, double, u8 or i64), row-major, into `out`, which has
  /// range.count * width elements. Throws file_error, or invalid_input for values that T cannot
  /// hold.
  template <ArrayElement T>
  void read(std::size_t field, frame_range range, std::span<T> out) const;
  /// The whole field as T: [frames, width]. Allocates.
  template <ArrayElement T>
  [[nodiscard]] std::vector<T> read_all(std::string_view name) const;

  /// Where the frames of a field come from, for tools that look at blocks.
  [[nodiscard]] const field_source& source_of(std::size_t field) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace flowkit::policy
