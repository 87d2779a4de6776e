#include "data/elements.hpp"

#include <flowkit/core/assert.hpp>
#include <flowkit/core/error.hpp>
#include <flowkit/policy/data/window_batch.hpp>

#include <algorithm>
#include <limits>

namespace flowkit::policy {
namespace {

std::size_t place(index_t i) { return static_cast<std::size_t>(i); }

bool is_float(dtype type) { return type == dtype::f32 || type == dtype::f64; }

/// Calls `use(first step, frames)` for runs of steps that show consecutive frames; steps that
/// repeat a frame are runs of their own.
template <class Use>
void for_each_run(const window_index& windows, const window& where, index_t steps, Use&& use) {
  index_t step = 0;
  while (step < steps) {
    const index_t first = windows.frame(where, step);
    index_t count = 1;
    while (step + count < steps && windows.frame(where, step + count) == first + count) ++count;
    use(step, frame_range{first, count});
    step += count;
  }
}

template <class T>
void scale_row(const std::byte* from, index_t count, float scale, float* to) {
  for (index_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * static_cast<index_t>(sizeof value), sizeof value);
    to[i] = static_cast<float>(value) * scale;
  }
}

}  // namespace

index_t window_batch::bytes() const {
  std::size_t numbers = state.capacity() + actions.capacity();
  for (const image_batch& camera : images) numbers += camera.pixels.capacity();
  return static_cast<index_t>(numbers * sizeof(float) + windows.capacity() * sizeof(row_t));
}

window_gatherer::window_gatherer(const demonstrations& data, const window_index& windows,
                                 window_fields fields)
    : data_(data), windows_(windows), fields_(std::move(fields)) {
  for (const std::string& name : fields_.state) {
    state_.push_back(data_.field(name));
    state_size_ += data_.fields()[state_.back()].width();
  }
  if (!fields_.action.empty()) {
    action_ = data_.field(fields_.action);
    action_size_ = data_.fields()[action_].width();
  }
  for (const std::string& name : fields_.images) images_.push_back(image(name));
}

window_gatherer::image_field window_gatherer::image(const std::string& name) const {
  const std::size_t number = data_.field(name);
  const field_info& info = data_.fields()[number];
  FLOWKIT_VALIDATE(info.frame.size() == 3 && (info.type == dtype::u8 || is_float(info.type)),
                   "field ", info, " is not an image; images are [height, width, channels] of u8, ",
                   "f32 or f64");
  const index_t height = info.frame[0];
  const index_t width = info.frame[1];
  FLOWKIT_VALIDATE(fields_.crop >= 0 && fields_.crop <= std::min(height, width), "a crop of ",
                   fields_.crop, " pixels does not fit ", info, "; use at most ",
                   std::min(height, width), ", or 0 to keep all");
  const bool cropped = fields_.crop > 0;
  return {number,
          height,
          width,
          info.frame[2],
          cropped ? fields_.crop : height,
          cropped ? fields_.crop : width};
}

extents<3> window_gatherer::image_shape(std::size_t camera) const {
  const image_field& image = images_.at(camera);
  return {image.cut_height, image.cut_width, image.channels};
}

index_t window_gatherer::batch_bytes(index_t n) const {
  const window_options& lengths = windows_.options();
  index_t numbers = lengths.observe * state_size_ + lengths.horizon * action_size_;
  for (const image_field& image : images_) {
    numbers += lengths.observe * image.cut_height * image.cut_width * image.channels;
  }
  return n * (numbers * index_t{sizeof(float)} + index_t{sizeof(row_t)});
}

void window_gatherer::prepare(std::span<const row_t> windows, window_batch& out) const {
  for (const row_t number : windows) {
    FLOWKIT_VALIDATE(number >= 0 && number < windows_.size(), "there is no window ", number,
                     " among ", windows_.size());
  }
  const window_options& lengths = windows_.options();
  out.windows.assign(windows.begin(), windows.end());
  out.state_width = lengths.observe * state_size_;
  out.action_width = lengths.horizon * action_size_;
  out.state.resize(place(out.size() * out.state_width));
  out.actions.resize(place(out.size() * out.action_width));
  out.images.resize(images_.size());
  for (std::size_t camera = 0; camera < images_.size(); ++camera) {
    const image_field& image = images_[camera];
    image_batch& to = out.images[camera];
    to.shape = {out.size() * lengths.observe, image.cut_height, image.cut_width, image.channels};
    to.pixels.resize(place(size_of(to.shape)));
  }
}

void window_gatherer::gather(std::span<const row_t> windows, crop_place place_of_crop, rng_key key,
                             window_batch& out) const {
  prepare(windows, out);
  const window_options& lengths = windows_.options();
  for (index_t i = 0; i < out.size(); ++i) {
    const window where = windows_[windows[place(i)]];
    float* state = out.state.data() + i * out.state_width;
    for (const std::size_t field : state_) {
      gather_rows(field, where, lengths.observe, state, state_size_);
      state += data_.fields()[field].width();
    }
    if (action_size_ > 0) {
      gather_rows(action_, where, lengths.horizon, out.actions.data() + i * out.action_width,
                  action_size_);
    }
    const rng_key own = key.split(static_cast<std::uint64_t>(windows[place(i)]));
    for (std::size_t camera = 0; camera < images_.size(); ++camera) {
      image_batch& to = out.images[camera];
      const index_t size = size_of(to.shape) / out.size();
      const corner at = corner_of(images_[camera], place_of_crop, own.split(camera));
      gather_images(images_[camera], where, at, to.pixels.data() + i * size);
    }
  }
}

window_gatherer::corner window_gatherer::corner_of(const image_field& image, crop_place place,
                                                   rng_key key) {
  const index_t free_y = image.height - image.cut_height;
  const index_t free_x = image.width - image.cut_width;
  if (place == crop_place::centre) return {free_y / 2, free_x / 2};
  const philox_block random = key.block(0);
  return {bounded(random.word[0], static_cast<std::uint32_t>(free_y + 1)),
          bounded(random.word[1], static_cast<std::uint32_t>(free_x + 1))};
}

void window_gatherer::gather_rows(std::size_t field, const window& where, index_t steps, float* to,
                                  index_t stride) const {
  const field_info& info = data_.fields()[field];
  const index_t width = info.width();
  const auto frame_bytes = place(info.frame_bytes());
  for_each_run(windows_, where, steps, [&](index_t step, frame_range range) {
    float* row = to + step * stride;
    data_.visit(field, range, [&](byte_view bytes) {
      for (; !bytes.empty(); bytes = bytes.subspan(frame_bytes), row += stride) {
        detail::convert_elements<float>(info.type, bytes.first(frame_bytes), {row, place(width)});
      }
    });
  });
}

void window_gatherer::gather_images(const image_field& image, const window& where, corner at,
                                    float* to) const {
  const field_info& info = data_.fields()[image.field];
  const auto frame_bytes = place(info.frame_bytes());
  const index_t size = image.cut_height * image.cut_width * image.channels;
  for_each_run(windows_, where, windows_.options().observe, [&](index_t step, frame_range range) {
    float* frame = to + step * size;
    data_.visit(image.field, range, [&](byte_view bytes) {
      for (; !bytes.empty(); bytes = bytes.subspan(frame_bytes), frame += size) {
        cut(image, bytes.first(frame_bytes), at, frame);
      }
    });
  });
}

void window_gatherer::cut(const image_field& image, byte_view frame, corner at, float* to) const {
  const dtype type = data_.fields()[image.field].type;
  const index_t item = item_size(type);
  const index_t row = image.cut_width * image.channels;
  for (index_t y = 0; y < image.cut_height; ++y, to += row) {
    const index_t pixel = (at.y + y) * image.width + at.x;
    const std::byte* const from = frame.data() + pixel * image.channels * item;
    if (type == dtype::u8) {
      scale_row<std::uint8_t>(from, row, fields_.image_scale, to);
    } else if (type == dtype::f32) {
      scale_row<float>(from, row, 1.0F, to);
    } else {
      scale_row<double>(from, row, 1.0F, to);
    }
  }
}

}  // namespace flowkit::policy
