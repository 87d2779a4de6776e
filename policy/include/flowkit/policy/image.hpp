// From camera frames to what the encoder sees: a crop, bytes mapped to [-1, 1].
#pragma once

#include <flowkit/core/view.hpp>
#include <flowkit/policy/spec.hpp>

namespace flowkit::policy {

/// A frame [height, width, 3] of bytes, rows from top to bottom.
using frame_view = view<const std::uint8_t, 3, host_space>;

/// Upper left corner of a crop.
struct crop_origin {
  index_t row = 0;
  index_t column = 0;
};

/// The central crop, for acting and for stored conditions.
[[nodiscard]] constexpr crop_origin center_crop(const camera& c) {
  return {(c.height - c.crop_height) / 2, (c.width - c.crop_width) / 2};
}

/// Throws invalid_input for a frame of another size than the camera's.
inline void check_frame(const camera& c, const frame_view& frame) {
  FLOWKIT_VALIDATE((frame.shape() == extents<3>{c.height, c.width, 3}), "camera '", c.name,
                   "' gave a frame of shape ", frame.shape(), ", but the policy takes ",
                   (extents<3>{c.height, c.width, 3}),
                   ": height, width, 3; resize the image or use a policy for this camera");
}

/// Writes the crop [crop_height, crop_width, 3] of a frame of the camera: byte b becomes
/// b / 127.5 - 1.
template <class T>
void write_crop(const camera& c, const frame_view& frame, crop_origin at,
                const view<T, 3, host_space>& out) {
  FLOWKIT_EXPECT((frame.shape() == extents<3>{c.height, c.width, 3}));
  FLOWKIT_EXPECT((out.shape() == extents<3>{c.crop_height, c.crop_width, 3}));
  for (index_t i = 0; i < c.crop_height; ++i) {
    for (index_t j = 0; j < c.crop_width; ++j) {
      for (index_t k = 0; k < 3; ++k) {
        const double byte = frame(at.row + i, at.column + j, k);
        out(i, j, k) = static_cast<T>(byte / 127.5 - 1);
      }
    }
  }
}

}  // namespace flowkit::policy
