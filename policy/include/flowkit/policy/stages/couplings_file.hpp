// Couplings as files: noise, where a flow took it, and the experts it may be aligned with.
#pragma once

#include <flowkit/io/safetensors.hpp>
#include <flowkit/policy/manifest.hpp>

#include <span>

namespace flowkit::policy {

/// What a couplings file says about itself.
struct couplings_header {
  spec specification = {};
  inference_options solver = {};  ///< that integrated, and the weights that encoded and integrated
  std::string policy = {};        ///< SHA-256 of the policy file
  std::string data = {};          ///< fingerprint of the data set
  std::uint64_t seed = 0;
  index_t noises = 0;  ///< per window
  index_t failed = 0;  ///< samples left out because their integration did not reach its end
};

/// The numbers of a couplings file. n couplings belong to W windows; a condition is stored once per
/// window, not per coupling. Chunks are normalised. Refers to memory of somebody else.
struct couplings_view {
  index_t chunk = 0;                               ///< numbers per chunk, d
  index_t condition = 0;                           ///< numbers per condition, c
  std::span<const float> noise = {};               ///< z0 [n, d]
  std::span<const float> end_points = {};          ///< z1 [n, d]
  std::span<const std::int32_t> window = {};       ///< of each coupling [n], below W
  std::span<const std::int32_t> evaluations = {};  ///< of the network, per coupling [n]
  std::span<const float> conditions = {};          ///< [W, c]
  std::span<const float> experts = {};         ///< the expert's own chunk of every window [W, d]
  std::span<const std::int32_t> episode = {};  ///< of every window [W]
  std::span<const std::int32_t> offset = {};   ///< in its episode [W]
  std::span<const std::int32_t> mode = {};     ///< of its episode [W]; -1: not recorded

  [[nodiscard]] index_t size() const { return static_cast<index_t>(window.size()); }
  [[nodiscard]] index_t windows() const { return static_cast<index_t>(episode.size()); }
};

/// A couplings file, memory-mapped: numbers are read from the disk when they are touched. The file
/// is not trusted: types, shapes and row numbers are checked on opening.
class couplings_file {
 public:
  /// Throws file_error that names file and field.
  explicit couplings_file(const std::string& path);

  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
  [[nodiscard]] const couplings_header& header() const noexcept { return header_; }
  [[nodiscard]] const couplings_view& numbers() const noexcept { return numbers_; }
  /// Reads all numbers; throws file_error if they are not those that were written.
  void verify() const { file_.verify(); }

 private:
  safetensors_file file_;
  couplings_header header_;
  couplings_view numbers_;
};

/// Replaces `path` atomically by a couplings file. Throws file_error, or invalid_input for numbers
/// that do not fit each other.
void write_couplings(const std::string& path, const couplings_header& header,
                     const couplings_view& numbers);

}  // namespace flowkit::policy
