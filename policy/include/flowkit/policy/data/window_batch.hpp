// Batches of windows as dense float matrices: state, actions, and cropped images per camera.
#pragma once

#include <flowkit/core/rng.hpp>
#include <flowkit/core/view.hpp>
#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/data/windows.hpp>

namespace flowkit::policy {

/// Which fields a window is made of.
struct window_fields {
  std::vector<std::string> state = {};   ///< joined per frame, in this order; may be empty
  std::string action = "action";         ///< empty: windows without actions
  std::vector<std::string> images = {};  ///< each [height, width, channels] of u8 or float
  index_t crop = 0;                      ///< side of the square cut from images; 0 keeps all
  float image_scale = 1.0F / 255.0F;     ///< multiplies u8 pixels: [0, 1] by default
};

/// Where the cut is made: in the middle, or at a place drawn per window and camera.
enum class crop_place { centre, random };

/// Pixels of the camera images of a batch, [n * observe, height, width, channels].
struct image_batch {
  std::vector<float> pixels;
  extents<4> shape{};

  [[nodiscard]] view<const float, 4, host_space> view4() const { return {pixels.data(), shape}; }
};

/// Windows as numbers, row-major: `state` [n, observe * Ds], `actions` [n, horizon * Da], images by
/// camera. Reused from batch to batch without a new allocation.
struct window_batch {
  std::vector<row_t> windows;  ///< numbers in the window_index
  std::vector<float> state;
  std::vector<float> actions;
  std::vector<image_batch> images;
  index_t state_width = 0;   ///< observe * Ds
  index_t action_width = 0;  ///< horizon * Da

  [[nodiscard]] index_t size() const { return static_cast<index_t>(windows.size()); }
  [[nodiscard]] view<const float, 2, host_space> state_rows() const {
    return {state.data(), {size(), state_width}};
  }
  [[nodiscard]] view<const float, 2, host_space> action_rows() const {
    return {actions.data(), {size(), action_width}};
  }
  /// Memory of the numbers.
  [[nodiscard]] index_t bytes() const;
};

/// Gathers windows. Refers to the data set and the index, which must outlive it; calls are const
/// and safe from several threads.
class window_gatherer {
 public:
  /// Throws invalid_input for a field that is missing, has the wrong rank or is too small to crop.
  window_gatherer(const demonstrations& data, const window_index& windows, window_fields fields);

  /// Numbers per frame of state and action.
  [[nodiscard]] index_t state_size() const noexcept { return state_size_; }
  [[nodiscard]] index_t action_size() const noexcept { return action_size_; }
  /// [height, width, channels] of a camera after the crop.
  [[nodiscard]] extents<3> image_shape(std::size_t camera) const;
  [[nodiscard]] const window_fields& fields() const noexcept { return fields_; }
  [[nodiscard]] const window_index& windows() const noexcept { return windows_; }
  /// Memory of a batch of n windows.
  [[nodiscard]] index_t batch_bytes(index_t n) const;

  /// Fills `out` with these windows. A random crop is a function of the key, the window and the
  /// camera, and the same for all observed frames of the window. Throws file_error. *Allocates*
  /// only while `out` is new.
  void gather(std::span<const row_t> windows, crop_place place, rng_key key,
              window_batch& out) const;

 private:
  struct image_field {
    std::size_t field;
    index_t height, width, channels;  ///< as stored
    index_t cut_height, cut_width;
  };
  struct corner {
    index_t y, x;
  };

  [[nodiscard]] image_field image(const std::string& name) const;
  [[nodiscard]] static corner corner_of(const image_field& image, crop_place place, rng_key key);
  void prepare(std::span<const row_t> windows, window_batch& out) const;
  void gather_rows(std::size_t field, const window& where, index_t steps, float* to,
                   index_t stride) const;
  void gather_images(const image_field& image, const window& where, corner at, float* to) const;
  void cut(const image_field& image, byte_view frame, corner at, float* to) const;

  const demonstrations& data_;
  const window_index& windows_;
  window_fields fields_;
  std::vector<std::size_t> state_;
  std::size_t action_ = 0;
  std::vector<image_field> images_;
  index_t state_size_ = 0;
  index_t action_size_ = 0;
};

}  // namespace flowkit::policy
