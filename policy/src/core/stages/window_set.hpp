// The windows of one part of a data set, ready to be gathered, and their normalised batches.
#pragma once

#include <flowkit/policy/matching.hpp>
#include <flowkit/policy/stages/data_selection.hpp>

namespace flowkit::policy::detail {

/// Index and gatherer of the windows of some episodes. Refers to the data set. Images keep their
/// bytes, 0 to 255.
class window_set {
 public:
  window_set(const demonstrations& data, const data_selection& selection, data_part part);
  window_set(const window_set&) = delete;
  window_set& operator=(const window_set&) = delete;

  [[nodiscard]] index_t size() const { return index_.size(); }
  [[nodiscard]] const window_index& index() const { return index_; }
  [[nodiscard]] const window_gatherer& gatherer() const { return gatherer_; }
  /// Numbers of at most `count` windows, spread evenly; 0: all.
  [[nodiscard]] std::vector<row_t> spread(index_t count) const;
  /// What the data set records per episode as "mode", per window; -1 where it does not.
  [[nodiscard]] std::vector<row_t> modes() const;

 private:
  const demonstrations* data_;
  window_index index_;
  window_gatherer gatherer_;
};

/// Throws invalid_input if the training part has no windows: every episode is too short.
void expect_windows(const window_set& windows, const demonstrations& data,
                    const data_selection& selection);
/// Throws invalid_input unless batches of that size can be drawn from so many samples, which are
/// called `what`; `setting` is what the command calls the size.
void expect_batch(index_t batch, index_t samples, std::string_view what, std::string_view setting);

/// At most `count` of the numbers 0 .. size - 1, spread evenly; 0: all of them.
[[nodiscard]] std::vector<row_t> spread_rows(index_t size, index_t count);

/// Turns gathered windows into normalised batches in the memory of a backend. Reuses its memory.
template <class B>
class window_batcher {
 public:
  using T = typename B::value_type;

  /// Refers to the manifest.
  explicit window_batcher(const policy_manifest& m) : manifest_(&m) {}

  /// Valid until the next call.
  visuomotor_batch<B> operator()(B& be, const window_batch& raw) {
    const spec& s = manifest_->specification;
    visuomotor_batch<B> out;
    out.x1 = chunks<normalized, const T, typename B::space>(
        normalised(be, actions_, manifest_->normalizers.action, raw.action_rows()));
    if (s.state_size() > 0) {
      out.observations.state = states<normalized, const T, typename B::space>(
          normalised(be, states_, manifest_->normalizers.state, raw.state_rows()));
    }
    images_.resize(raw.images.size());
    for (std::size_t k = 0; k < raw.images.size(); ++k) {
      out.observations.images[k] = pixels(be, images_[k], raw.images[k]);
    }
    return out;
  }

 private:
  template <std::size_t R>
  struct block {
    tensor<B, R> device;
    std::vector<T> host;

    /// Room for this shape.
    void fit(B& be, const extents<R>& shape) {
      if (device.shape() != shape) device = tensor<B, R>(be, shape);
      host.resize(static_cast<std::size_t>(size_of(shape)));
    }
    const_view_of<B, R> upload(B& be) {
      be.upload(flatten(device.view()), std::span<const T>(host));
      return std::as_const(device).view();
    }
  };

  template <class Kind>
  const_view_of<B, 2> normalised(B& be, block<2>& to, const normalizer<Kind>& by,
                                 const view<const float, 2, host_space>& rows) {
    to.fit(be, rows.shape());
    using host_matrix = view<T, 2, host_space>;
    by.normalize(quantity<Kind, physical, const float>(rows),
                 quantity<Kind, normalized, T>(host_matrix(to.host.data(), rows.shape())));
    return to.upload(be);
  }

  /// Bytes mapped to [-1, 1] as write_crop does.
  const_view_of<B, 4> pixels(B& be, block<4>& to, const image_batch& from) {
    to.fit(be, from.shape);
    std::transform(from.pixels.begin(), from.pixels.end(), to.host.begin(), [](float byte) {
      return static_cast<T>(static_cast<double>(byte) / 127.5 - 1);
    });
    return to.upload(be);
  }

  const policy_manifest* manifest_;
  block<2> actions_;
  block<2> states_;
  std::vector<block<4>> images_;
};

}  // namespace flowkit::policy::detail
