// pictures.json and its PNG files: film strips of rollouts, and any other picture.
#pragma once

#include <flowkit/core/platform.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flowkit::policy {

/// A picture of a rollout. With several frames the PNG is a film strip: frames of equal width side
/// by side, which the report shows as a strip and plays as an animation.
struct picture_record {
  std::string file{};     ///< PNG beside pictures.json: a file name without folders
  std::string label{};    ///< whose rollout it is, e.g. "sefa@1"
  std::string caption{};  ///< what to see; also read out where the picture is not visible
  index_t frames = 1;     ///< 1 to 256; divides the width of the picture
  double seconds = 0;     ///< real time from first to last frame; 0: not known
  std::string png{};      ///< bytes of the file; filled by read_pictures, ignored when written
};

/// Bytes of a film strip as PNG. `frames` are RGB images [count, height, width, 3] one after the
/// other. Throws invalid_input for another number of bytes. *Allocates*.
[[nodiscard]] std::string film_strip_png(std::span<const std::uint8_t> frames, index_t count,
                                         index_t height, index_t width);

/// Replaces `path` atomically, format "flowkit.pictures". The PNG files are written by the caller,
/// before: a list never names a file that is missing.
void write_pictures(const std::string& path, std::span<const picture_record> pictures);

/// Reads the list and the files that it names: at most 64 pictures of at most 8 MiB, and PNG
/// signatures and sizes that fit the frames. Throws file_error that names the file at fault.
[[nodiscard]] std::vector<picture_record> read_pictures(const std::string& path);

}  // namespace flowkit::policy
