// Writes a data set episode by episode, so that a killed process leaves all complete episodes.
#pragma once

#include <flowkit/io/json.hpp>
#include <flowkit/policy/data/compressor.hpp>
#include <flowkit/policy/data/field.hpp>

#include <memory>
#include <span>
#include <vector>

namespace flowkit::policy {

/// What a new data set holds.
struct demonstration_layout {
  std::vector<field_info> fields;            ///< per frame, e.g. {"action", f32, [4]}
  std::vector<field_info> per_episode = {};  ///< per episode, e.g. {"seed", i64, []}
  json_value attributes = {};                ///< free-form object, or null
};

/// How it is written.
struct writer_options {
  compressor compress = {};
  index_t chunk_bytes = index_t{256} << 10;  ///< of decoded frames per chunk, at least one frame
};

/// Appends episodes to a zarr directory (version 2, layout of Diffusion Policy).
///
/// Every file is replaced atomically, and an episode counts only when meta/episode_ends names its
/// end, which is written last. A process killed at any moment therefore leaves a data set of the
/// episodes appended before; a writer on the same path continues after them, and first cuts off
/// what an unfinished episode left.
class demonstration_writer {
 public:
  /// Creates the directory `path`, or continues it if it exists with the same layout. Throws
  /// file_error if it holds something else, invalid_input for a layout that cannot be written.
  demonstration_writer(const std::string& path, const demonstration_layout& layout,
                       const writer_options& options = {});
  demonstration_writer(demonstration_writer&&) noexcept;
  demonstration_writer& operator=(demonstration_writer&&) noexcept;
  ~demonstration_writer();

  /// Episodes and frames that a reader finds now.
  [[nodiscard]] index_t episodes() const noexcept;
  [[nodiscard]] index_t frames() const noexcept;

  /// Appends one episode of at least one frame: every field of the layout as [frames, frame
  /// shape...], every per-episode field as its shape. Blocks until the disk has it. Throws
  /// invalid_input (nothing was written) or file_error (the data set is as before).
  void append(std::span<const named_array_view> episode);
  /// The same for several episodes, of which a killed process leaves all or none. Waiting for the
  /// disk costs as much as for one, and much more than writing.
  void append(std::span<const std::span<const named_array_view>> episodes);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace flowkit::policy
