// The two sides of the U-Net over time: levels that halve the time, and levels that double it.
#pragma once

#include <flowkit/nn/concat.hpp>
#include <flowkit/nn/conditional_residual_block.hpp>
#include <flowkit/nn/conv_transpose1d.hpp>

#include <array>

namespace flowkit::detail {

/// Bounds the levels, so that saved states are plain arrays and never allocate.
inline constexpr index_t unet1d_max_levels = 6;

template <class T>
using per_level = std::array<T, static_cast<std::size_t>(unet1d_max_levels)>;

/// What the way down hands to the way up: entry l is s_l [n, T / 2^l, dims[l]], or its gradient.
template <class B>
using skips = per_level<const_view_of<B, 3>>;
/// The same with tangents.
template <class B>
using skip_tangents = per_level<tangent_pair<view_of<B, 3>>>;

/// Settings of both sides: state channels, channels per level, joined condition, blocks.
struct unet1d_side_options {
  index_t channels;                  ///< values per time step of the state
  const std::vector<index_t>& dims;  ///< channels per level
  index_t condition;                 ///< size of the joint condition
  index_t kernel;
  index_t groups;

  /// A block between two numbers of channels.
  [[nodiscard]] conv_block_options block(index_t inputs, index_t outputs) const {
    return {.inputs = inputs, .outputs = outputs, .kernel = kernel, .groups = groups};
  }
};

/// For levels l = 0 .. L-1: s_l = pair_l(h, a), then h = conv(s_l) of kernel 3 and stride 2, which
/// the last level leaves out: h [n, T, channels] -> [n, T / 2^(L-1), dims[L-1]] under the joint
/// condition a [n, condition]. Parameters "down.l.first", "down.l.second", "down.l.shorten".
class unet1d_descent {
 public:
  template <class B>
  struct saved {
    per_level<saved_of<conditional_residual_pair, B>> pairs;
    per_level<saved_of<conv1d, B>> shorten;  ///< the last level has none
  };

  unet1d_descent(parameter_layout& layout, const unet1d_side_options& o) {
    const parameter_layout::scope scope(layout, "down");
    for (std::size_t l = 0; l < o.dims.size(); ++l) {
      const index_t inputs = l == 0 ? o.channels : o.dims[l - 1];
      pairs_.emplace_back(layout, text(l), o.condition, o.block(inputs, o.dims[l]));
      if (l + 1 == o.dims.size()) break;
      const parameter_layout::scope level(layout, text(l));
      shorten_.emplace_back(
          layout, "shorten",
          conv1d_options{
              .inputs = o.dims[l], .outputs = o.dims[l], .kernel = 3, .stride = 2, .padding = 1});
    }
  }

  [[nodiscard]] index_t levels() const { return static_cast<index_t>(pairs_.size()); }

  /// Returns the output of the last level and leaves s_l in `skip`.
  template <class B>
  const_view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> h,
                              const_view_of<B, 2> a, workspace<B>& ws, saved<B>& s,
                              skips<B>& skip) const {
    for (std::size_t l = 0; l < pairs_.size(); ++l) {
      h = skip[l] = pairs_[l].forward(be, p, h, a, ws, s.pairs[l]);
      if (l < shorten_.size()) h = shorten_[l].forward(be, p, h, ws, s.shorten[l]);
    }
    return h;
  }

  /// Takes the gradients of the output (which it overwrites) and of s_1, s_2, ...; adds to `da`.
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, view_of<B, 3> dh,
                         const skips<B>& dskip, view_of<B, 2> da, workspace<B>& ws) const {
    for (std::size_t l = pairs_.size(); l-- > 0;) {
      if (l < shorten_.size()) dh = shorten_[l].backward(be, p, s.shorten[l], dh, ws);
      if (l > 0) be.for_each(fn::add_to{}, dh, dskip[l]);
      dh = pairs_[l].backward(be, p, s.pairs[l], dh, da, ws);
    }
    return dh;
  }

  /// Takes features and tangent, leaves the pairs of s_l in `skip`.
  template <class B>
  tangent_pair<const_view_of<B, 3>> jvp(B& be, const parameters<B>& p, const_view_of<B, 3> x,
                                        const_view_of<B, 3> dx,
                                        const tangent_pair<view_of<B, 2>>& a, workspace<B>& ws,
                                        skip_tangents<B>& skip) const {
    for (std::size_t l = 0; l < pairs_.size(); ++l) {
      auto h = skip[l] = pairs_[l].jvp(be, p, x, a.y, dx, a.dy, ws);
      if (l < shorten_.size()) h = shorten_[l].jvp(be, p, h.y, h.dy, ws);
      x = h.y;
      dx = h.dy;
    }
    return {x, dx};
  }

 private:
  std::vector<conditional_residual_pair> pairs_;
  std::vector<conv1d> shorten_;
};

/// For levels l = L-1 .. 1: h = transposed conv(pair_l([h, s_l], a)) of kernel 4 and stride 2,
/// which leads to level l - 1: h [n, T / 2^(L-1), dims[L-1]] -> [n, T, dims[0]]. The channels of h
/// stand before those of s_l. With one level it does nothing. Parameters "up.l.first",
/// "up.l.second", "up.l.lengthen".
class unet1d_ascent {
 public:
  /// Entry l - 1 belongs to level l, as in the members below.
  template <class B>
  struct saved {
    per_level<saved_of<conditional_residual_pair, B>> pairs;
    per_level<saved_of<conv_transpose1d, B>> lengthen;
  };

  unet1d_ascent(parameter_layout& layout, const unet1d_side_options& o) {
    const parameter_layout::scope scope(layout, "up");
    for (std::size_t l = 1; l < o.dims.size(); ++l) {
      const index_t outputs = o.dims[l - 1];
      pairs_.emplace_back(layout, text(l), o.condition, o.block(2 * o.dims[l], outputs));
      const parameter_layout::scope level(layout, text(l));
      lengthen_.emplace_back(
          layout, "lengthen",
          conv_transpose1d_options{
              .inputs = outputs, .outputs = outputs, .kernel = 4, .stride = 2, .padding = 1});
    }
  }

  /// Reads s_1, s_2, ... from `skip`.
  template <class B>
  const_view_of<B, 3> forward(B& be, const parameters<B>& p, const_view_of<B, 3> h,
                              const skips<B>& skip, const_view_of<B, 2> a, workspace<B>& ws,
                              saved<B>& s) const {
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      h = pairs_[i].forward(be, p, concatenate(be, ws, h, skip[i + 1]), a, ws, s.pairs[i]);
      h = lengthen_[i].forward(be, p, h, ws, s.lengthen[i]);
    }
    return h;
  }

  /// Leaves the gradients of s_1, s_2, ... in `dskip` and adds to `da`.
  template <class B>
  view_of<B, 3> backward(B& be, const parameters<B>& p, const saved<B>& s, view_of<B, 3> dh,
                         skips<B>& dskip, view_of<B, 2> da, workspace<B>& ws) const {
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      dh = lengthen_[i].backward(be, p, s.lengthen[i], dh, ws);
      dh = pairs_[i].backward(be, p, s.pairs[i], dh, da, ws);
      const index_t half = dh.shape()[2] / 2;
      const auto parts = split_channels(be, ws, dh, half, half);
      dh = parts[0];
      dskip[i + 1] = parts[1];
    }
    return dh;
  }

  /// Features with tangents in, features with tangents out.
  template <class B>
  tangent_pair<view_of<B, 3>> jvp(B& be, const parameters<B>& p, tangent_pair<view_of<B, 3>> h,
                                  const skip_tangents<B>& skip,
                                  const tangent_pair<view_of<B, 2>>& a, workspace<B>& ws) const {
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      const view_of<B, 3> x = concatenate(be, ws, h.y, skip[i + 1].y);
      const view_of<B, 3> dx = concatenate(be, ws, h.dy, skip[i + 1].dy);
      h = pairs_[i].jvp(be, p, x, a.y, dx, a.dy, ws);
      h = lengthen_[i].jvp(be, p, h.y, h.dy, ws);
    }
    return h;
  }

 private:
  std::vector<conditional_residual_pair> pairs_;
  std::vector<conv_transpose1d> lengthen_;
};

}  // namespace flowkit::detail
