// The last observations of several robots, normalised and padded, on their way to a backend.
#pragma once

#include <flowkit/policy/controller.hpp>
#include <flowkit/policy/observation_encoder.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace flowkit::policy {

/// Keeps the last `observe` observations of n robots; before there are as many, the first is
/// repeated. States are normalised and clipped (and counted), frames cropped at their centre, when
/// they arrive, so a call of the policy copies two blocks. Allocates at construction only.
template <NeuralBackend B>
class observation_history {
 public:
  using T = typename B::value_type;

  /// Refers to the manifest, which must outlive it.
  observation_history(B& be, const policy_manifest& m, index_t robots)
      : manifest_(&m),
        seen_(static_cast<std::size_t>(robots), 0),
        states_(be, extents{robots, shape().history_size()}),
        host_states_(static_cast<std::size_t>(states_.size())),
        packed_(host_states_.size()) {
    for (const camera& c : shape().cameras) {
      images_.emplace_back(be,
                           extents<4>{robots * shape().observe, c.crop_height, c.crop_width, 3});
      host_images_.emplace_back(static_cast<std::size_t>(images_.back().size()));
      packed_.resize(std::max(packed_.size(), host_images_.back().size()));
    }
  }

  [[nodiscard]] index_t robots() const { return static_cast<index_t>(seen_.size()); }
  /// Observations of a robot since its reset.
  [[nodiscard]] index_t seen(index_t robot) const { return seen_[static_cast<std::size_t>(robot)]; }
  [[nodiscard]] const range_counter& ranges() const { return ranges_; }

  /// Forgets what a robot saw: the start of an episode.
  void reset(index_t robot) { seen_[static_cast<std::size_t>(robot)] = 0; }

  /// Appends an observation. Throws invalid_input for a state that is not finite or of another
  /// size, and for frames of other sizes; nothing changes then.
  void add(index_t robot, const observation& o) {
    check(o);
    const index_t copies = seen(robot) == 0 ? shape().observe : 1;
    for (index_t i = 0; i < copies; ++i) {
      add_state(robot, o, i + 1 == copies);
      for (std::size_t k = 0; k < images_.size(); ++k) add_frame(robot, k, o.frames[k]);
    }
    ++seen_[static_cast<std::size_t>(robot)];
  }

  /// What these robots saw, one after the other, in the memory of the backend; valid until the next
  /// call. At least one robot, in ascending order.
  observation_batch<B> upload(B& be, std::span<const index_t> of) {
    const auto count = static_cast<index_t>(of.size());
    observation_batch<B> out;
    const view_of<B, 2> seen_states = rows(states_.view(), 0, count);
    upload_rows(be, flatten(seen_states), host_states_, of);
    out.state = states<normalized, const T, typename B::space>(seen_states);
    for (std::size_t k = 0; k < images_.size(); ++k) {
      const view_of<B, 4> seen_images = rows(images_[k].view(), 0, count * shape().observe);
      upload_rows(be, flatten(seen_images), host_images_[k], of);
      out.images[k] = seen_images;
    }
    return out;
  }

 private:
  [[nodiscard]] const spec& shape() const { return manifest_->specification; }

  void check(const observation& o) const {
    FLOWKIT_VALIDATE(static_cast<index_t>(o.state.size()) == shape().state_size(),
                     "an observation with ", o.state.size(), " state numbers does not fit the ",
                     shape().state_size(), " state dimensions of the policy");
    FLOWKIT_VALIDATE(o.frames.size() == images_.size(), "an observation with ", o.frames.size(),
                     " frames does not fit the ", images_.size(), " cameras of the policy");
    for (std::size_t d = 0; d < o.state.size(); ++d) {
      FLOWKIT_VALIDATE(std::isfinite(o.state[d]), "state dimension '", shape().state[d], "' is ",
                       o.state[d], ": check the sensor, a policy cannot act on it");
    }
    for (std::size_t k = 0; k < images_.size(); ++k) {
      check_frame(shape().cameras[k], o.frames[k]);
    }
  }

  /// The parts of some robots out of those of all, which need no copy.
  void upload_rows(B& be, view_of<B, 1> to, const std::vector<T>& all,
                   std::span<const index_t> of) {
    std::span<const T> from(all);
    if (of.size() < seen_.size()) {
      const std::size_t size = all.size() / seen_.size();
      auto end = packed_.begin();
      for (const index_t robot : of) {
        end = std::copy_n(all.data() + static_cast<std::size_t>(robot) * size, size, end);
      }
      from = {packed_.begin(), end};
    }
    be.upload(to, from);
  }

  /// The newest entry of a robot's window, after the others moved one to the front.
  T* advance(std::vector<T>& all, index_t robot, index_t size) const {
    T* const window = all.data() + robot * shape().observe * size;
    std::copy(window + size, window + shape().observe * size, window);
    return window + (shape().observe - 1) * size;
  }

  void add_state(index_t robot, const observation& o, bool counted) {
    const extents<2> row{1, shape().state_size()};
    T* const newest = advance(host_states_, robot, row[1]);
    manifest_->normalizers.state.normalize(
        states<physical, const float>(view<const float, 2, host_space>(o.state.data(), row)),
        states<normalized, T>(view<T, 2, host_space>(newest, row)), counted ? &ranges_ : nullptr);
  }

  void add_frame(index_t robot, std::size_t k, const frame_view& frame) {
    const camera& c = shape().cameras[k];
    const extents<3> crop{c.crop_height, c.crop_width, 3};
    T* const newest = advance(host_images_[k], robot, size_of(crop));
    write_crop(c, frame, center_crop(c), view<T, 3, host_space>(newest, crop));
  }

  const policy_manifest* manifest_;
  std::vector<index_t> seen_;
  tensor<B, 2> states_;
  std::vector<T> host_states_;
  std::vector<tensor<B, 4>> images_;
  std::vector<std::vector<T>> host_images_;
  std::vector<T> packed_;  // parts of some robots
  range_counter ranges_;
};

}  // namespace flowkit::policy
