// Uniform and normal numbers: one thread per Philox block, in the order of elements.
#pragma once

#include <flowkit/backends/device/ops.hpp>

#include <cmath>

namespace flowkit {
namespace detail {

enum class distribution { uniform, normal };

/// Sine and cosine of 2 pi turn for a turn in [0, 1]. The remainder after quarters is exact and the
/// polynomials (Moshier, Cephes, sinf.c) err by about 1e-7; sines of the device's library have a
/// branch for huge arguments that computes in double.
struct unit_circle {
  float sine;
  float cosine;

  static FLOWKIT_HD unit_circle at(float turn) {
    const int quarter = static_cast<int>(4.0f * turn + 0.5f);
    const float x = 6.283185307f * (turn - 0.25f * static_cast<float>(quarter));
    const float z = x * x;
    const float s = x + x * z * (-1.6666654611e-1f + z * (8.3321608736e-3f - z * 1.9515295891e-4f));
    const float c =
        1.0f - 0.5f * z +
        z * z * (4.166664568298827e-2f + z * (-1.388731625493765e-3f + z * 2.443315711809948e-5f));
    if (quarter % 4 == 1) return {c, -s};
    if (quarter % 4 == 2) return {-s, -c};
    return quarter % 4 == 3 ? unit_circle{-c, s} : unit_circle{s, c};
  }
};

template <distribution Kind>
struct random_pass {
  static constexpr int threads = 256;
  static constexpr int block_words = 4;
  using shared_memory = no_shared_memory;
  rng_key key;
  float* out;
  index_t count;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, parts(count, block_words), threads, 1, [&](index_t i) {
      const philox_block words = key.block(static_cast<std::uint64_t>(i));
      float value[block_words];
      for (int pair = 0; pair < block_words; pair += 2) draw(words, pair, value);
      for (int j = 0; j < block_words && block_words * i + j < count; ++j) {
        out[block_words * i + j] = value[j];
      }
    });
  }

 private:
  /// Box and Muller (1958): two normal numbers from two uniform ones.
  static FLOWKIT_HD void draw(const philox_block& words, int pair, float (&value)[block_words]) {
    if constexpr (Kind == distribution::uniform) {
      value[pair] = unit_interval(words.word[pair], float{});
      value[pair + 1] = unit_interval(words.word[pair + 1], float{});
    } else {
      const float radius = std::sqrt(-2.0f * std::log(positive_unit<float>(words.word[pair])));
      const auto angle = unit_circle::at(unit_interval(words.word[pair + 1], float{}));
      value[pair] = radius * angle.cosine;
      value[pair + 1] = radius * angle.sine;
    }
  }
};

/// y[i] = i
struct iota_pass {
  static constexpr int threads = 256;
  using shared_memory = no_shared_memory;
  float* out;
  index_t step;
  index_t count;

  template <class Block>
  FLOWKIT_HD void operator()(Block& block) const {
    last_over_elements(block, count, threads, 1,
                       [&](index_t i) { out[i * step] = static_cast<float>(i); });
  }
};

template <distribution Kind, class D>
void launch_random(D& device, const view<float, 1, cuda_space>& y, rng_key key) {
  using kernel = random_pass<Kind>;
  FLOWKIT_EXPECT(y.dense());
  if (y.empty()) return;
  device.launch(kernel{key, y.data(), y.size()},
                parts(y.size(), kernel::threads * kernel::block_words));
}

}  // namespace detail

template <class D>
void device_ops<D>::uniform(mutable_view<1> y, rng_key key) {
  detail::launch_random<detail::distribution::uniform>(this->device(), y, key);
}

template <class D>
void device_ops<D>::normal(mutable_view<1> y, rng_key key) {
  detail::launch_random<detail::distribution::normal>(this->device(), y, key);
}

template <class D>
void device_passes<D>::iota(mutable_view<1> y) {
  if (y.empty()) return;
  this->device().launch(detail::iota_pass{y.data(), y.strides()[0], y.size()},
                        detail::parts(y.size(), detail::iota_pass::threads));
}

}  // namespace flowkit
