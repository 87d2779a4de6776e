// Experts and generated chunks for the tests of alignment.
#pragma once

#include <flowkit/align/concepts.hpp>
#include <flowkit/backends/eigen.hpp>

namespace flowkit::testing {

/// Tensors behind an expert index and a set of couplings, filled from a key. Experts walk smoothly;
/// every coupling belongs to a window, its condition is that window's feature, its chunk the
/// window's plus noise of one size for even windows and ten times that for odd ones.
template <class B>
struct expert_fixture {
  using T = typename B::value_type;
  static constexpr index_t episodes = 6;
  static constexpr index_t length = 20;
  static constexpr index_t steps = 4;
  static constexpr index_t width = 3;
  static constexpr index_t feature_size = 5;
  static constexpr index_t windows = episodes * length;
  static constexpr index_t pairs = 150;

  B& be;
  tensor<B, 2> chunks{be, {windows, steps* width}};
  tensor<B, 2> features{be, {windows, feature_size}};
  tensor<B, 2> x0{be, {pairs, steps* width}};
  tensor<B, 2> x1{be, {pairs, steps* width}};
  tensor<B, 2> condition{be, {pairs, feature_size}};
  tensor<B, 1, row_t> window{be, {pairs}};
  std::vector<row_t> episode;
  std::vector<row_t> offset;

  expert_fixture(B& backend, rng_key key) : be(backend) {
    be.normal(features.view(), key.split(0));
    be.normal(x0.view(), key.split(1));
    be.normal(chunks.view(), key.split(2));
    be.normal(x1.view(), key.split(3));
    for (index_t w = 0; w < windows; ++w) fill_window(w);
    for (index_t i = 0; i < pairs; ++i) fill_pair(i);
  }

  [[nodiscard]] coupling_view<B> couplings() const {
    return {x0.view(), x1.view(), condition.view(), window.view()};
  }
  [[nodiscard]] expert_index<B> index() const {
    return {chunks.view(), features.view(), steps, episode, offset};
  }

 private:
  void fill_window(index_t w) {
    const auto e = static_cast<row_t>(w / length);
    const auto o = static_cast<row_t>(w % length);
    episode.push_back(e);
    offset.push_back(o);
    const double phase = 0.2 * o;
    for (index_t f = 0; f < feature_size; ++f) {
      T& value = features.view()(w, f);
      value = static_cast<T>(std::sin(phase + 0.9 * static_cast<double>(f)) + 0.05 * value);
    }
    for (index_t s = 0; s < steps; ++s) {
      for (index_t a = 0; a < width; ++a) {
        T& value = chunks.view()(w, s * width + a);
        const double angle = phase + 0.2 * static_cast<double>(s) + static_cast<double>(a);
        value = static_cast<T>(std::cos(angle) + 0.05 * value);
      }
    }
  }

  void fill_pair(index_t i) {
    const index_t w = (i * 37) % windows;
    window.view()(i) = static_cast<row_t>(w);
    const double noise = w % 2 == 0 ? 0.02 : 0.2;
    for (index_t f = 0; f < feature_size; ++f) condition.view()(i, f) = features.view()(w, f);
    for (index_t c = 0; c < steps * width; ++c) {
      T& value = x1.view()(i, c);
      value = chunks.view()(w, c) + static_cast<T>(noise) * value;
    }
  }
};

/// All elements in order.
template <class T, std::size_t R>
std::vector<double> elements(const view<T, R, host_space>& v) {
  return {v.data(), v.data() + v.size()};
}

}  // namespace flowkit::testing
