// The maps of line tiles, a packet of columns at a time. Where points come in pairs of opposite
// sign, the even and the odd terms of a pair are added up once.
#include "../line_tiles.hpp"

#include <flowkit/core/assert.hpp>

#include "bf16_packets.hpp"
#include "column_access.hpp"

namespace flowkit::FLOWKIT_ARCH {
namespace {

using detail::line_tile;
using detail::point_rows;
using detail::tile_rows;
using detail::tile_values;

/// Rows of weights are short pieces of memory far apart, which no processor fetches in time by
/// itself.
constexpr index_t rows_ahead = 8;

/// The points of a tile but infinity, which is the last one: 0, `pairs` times a and -a, others.
template <index_t Pairs, index_t N>
struct finite_points {
  static constexpr index_t count = N;
  static constexpr index_t pairs = Pairs;
  double at[N];
};

template <line_tile Tile>
struct points_of;
template <>
struct points_of<detail::two_of_three> {
  static constexpr finite_points<1, 3> finite{{0, 1, -1}};
};
template <>
struct points_of<detail::three_of_three> {
  static constexpr finite_points<0, 4> finite{{0, 0.5, -1, 1.5}};
};
template <>
struct points_of<detail::four_of_three> {
  static constexpr finite_points<2, 5> finite{{0, 0.75, -0.75, 1.5, -1.5}};
};
template <>
struct points_of<detail::four_of_five> {
  static constexpr finite_points<3, 7> finite{{0, 1, -1, 2, -2, 0.5, -0.5}};
};

/// Coefficients [point][value] of a map.
template <line_tile Tile, tile_values What>
struct coefficients {
  static constexpr index_t values = count_of(Tile, What);
  double of[Tile.points()][values] = {};
};

/// The powers of each point, and the leading coefficient.
template <line_tile Tile, tile_values What>
constexpr auto powers() {
  constexpr auto& finite = points_of<Tile>::finite;
  coefficients<Tile, What> m;
  for (index_t p = 0; p < finite.count; ++p) {
    double power = 1;
    for (double& value : m.of[p]) {
      value = power;
      power *= finite.at[p];
    }
  }
  m.of[finite.count][m.values - 1] = 1;
  return m;
}

/// The powers over the product of the distances to the other points.
template <line_tile Tile>
constexpr auto map_of_taps() {
  constexpr auto& finite = points_of<Tile>::finite;
  auto m = powers<Tile, tile_values::taps>();
  for (index_t p = 0; p < finite.count; ++p) {
    double distances = 1;
    for (index_t q = 0; q < finite.count; ++q) {
      if (q != p) distances *= finite.at[p] - finite.at[q];
    }
    for (double& value : m.of[p]) value /= distances;
  }
  return m;
}

/// The coefficients of the polynomial with the other points as roots.
template <line_tile Tile>
constexpr auto map_of_steps() {
  constexpr auto& finite = points_of<Tile>::finite;
  coefficients<Tile, tile_values::steps> m;
  for (index_t p = 0; p < Tile.points(); ++p) {
    auto& c = m.of[p];
    c[0] = 1;
    for (index_t q = 0; q < finite.count; ++q) {
      if (q == p) continue;
      for (index_t i = Tile.steps() - 1; i > 0; --i) c[i] = c[i - 1] - finite.at[q] * c[i];
      c[0] *= -finite.at[q];
    }
  }
  return m;
}

template <line_tile Tile, tile_values What>
constexpr auto map_of() {
  if constexpr (What == tile_values::steps) {
    return map_of_steps<Tile>();
  } else if constexpr (What == tile_values::taps) {
    return map_of_taps<Tile>();
  } else {
    return powers<Tile, What>();
  }
}

/// sum + factor x, where the factor is known to the compiler.
template <class Factor>
[[gnu::always_inline]] inline void add_product(packet<float>& sum, Factor, const packet<float>& x) {
  if constexpr (Factor::value == 1) {
    sum += x;
  } else if constexpr (Factor::value != 0) {
    sum = fused(packet<float>(static_cast<float>(Factor::value)), x, sum);
  }
}

template <class Access>
[[gnu::always_inline]] inline void store_value(const Access& access, float* to,
                                               const packet<float>& value) {
  access.store(to, value);
}

/// Rounded to bf16.
template <class Access>
[[gnu::always_inline]] inline void store_value(const Access& access, std::uint16_t* to,
                                               const packet<float>& value) {
  typename vector_of<lanes<float>>::words words;
  static_assert(sizeof(words) == sizeof(packet<float>));
  std::memcpy(&words, &value, sizeof(words));
  round_words(words);
  store_halves<lanes<float>>(words, access.count, to);
}

template <line_tile Tile, tile_values What>
struct tile_maps {
  static constexpr auto map = map_of<Tile, What>();
  static constexpr index_t values = map.values;
  static constexpr index_t infinity = Tile.points() - 1;
  static constexpr index_t pairs = points_of<Tile>::finite.pairs;
  /// The points [first_single, infinity) have no opposite.
  static constexpr index_t first_single = 1 + 2 * pairs;
  static constexpr index_t singles = infinity - first_single;

  template <index_t Point, index_t Value>
  struct factor {
    static constexpr double value = map.of[Point][Value];
  };

  template <class Out>
  static void to_points(index_t rows, index_t columns, const tile_rows<const float>& from,
                        const point_rows<Out>& to) {
    for (index_t r = 0; r < rows; ++r) {
      for_packets<float>(columns, [&](index_t c, auto access) {
        packet<float> x[values];
        unroll<values>([&](auto i) {
          const float* at = from.at[i];
          if (at == nullptr) {
            x[i] = packet<float>(0.0F);
            return;
          }
          at += r * from.step + c;
          if (r + rows_ahead < rows) __builtin_prefetch(at + rows_ahead * from.step);
          x[i] = access.load(at);
        });
        Out* y = to.data + r * to.step + c;
        const auto store = [&](index_t p, const packet<float>& value) {
          store_value(access, y + p * to.point_step, value);
        };
        store(0, every<0>(x));
        unroll<pairs>([&](auto k) {
          constexpr index_t p = 1 + 2 * decltype(k)::value;
          packet<float> even(0.0F);
          packet<float> odd(0.0F);
          unroll<values>([&](auto i) {
            constexpr index_t v = decltype(i)::value;
            add_product(v % 2 == 0 ? even : odd, factor<p, v>{}, x[v]);
          });
          store(p, even + odd);
          store(p + 1, even - odd);
        });
        unroll<singles>([&](auto k) {
          constexpr index_t p = first_single + decltype(k)::value;
          store(p, every<p>(x));
        });
        store(infinity, every<infinity>(x));
      });
    }
  }

  static void from_points(index_t rows, index_t columns, const point_rows<const float>& from,
                          const tile_rows<float>& to, accumulate how) {
    for (index_t r = 0; r < rows; ++r) {
      for_packets<float>(columns, [&](index_t c, auto access) {
        const float* x = from.data + r * from.step + c;
        const auto load = [&](index_t p) { return access.load(x + p * from.point_step); };
        const packet<float> first = load(0);
        const packet<float> last = load(infinity);
        packet<float> sum[pairs + 1];  // an array has a size
        packet<float> difference[pairs + 1];
        packet<float> single[singles + 1];
        unroll<pairs>([&](auto k) {
          const packet<float> a = load(1 + 2 * k);
          const packet<float> b = load(2 + 2 * k);
          sum[k] = a + b;
          difference[k] = a - b;
        });
        unroll<singles>([&](auto k) { single[k] = load(first_single + k); });
        unroll<values>([&](auto i) {
          constexpr index_t v = decltype(i)::value;
          float* at = to.at[v];
          if (at == nullptr) return;
          at += r * to.step + c;
          packet<float> y = how == accumulate::add ? access.load(at) : packet<float>(0.0F);
          add_product(y, factor<0, v>{}, first);
          unroll<pairs>([&](auto k) {
            constexpr index_t p = 1 + 2 * decltype(k)::value;
            add_product(y, factor<p, v>{}, v % 2 == 0 ? sum[k] : difference[k]);
          });
          unroll<singles>([&](auto k) {
            add_product(y, factor<first_single + decltype(k)::value, v>{}, single[k]);
          });
          add_product(y, factor<infinity, v>{}, last);
          access.store(at, y);
        });
      });
    }
  }

 private:
  /// The value at a point, of all x.
  template <index_t Point>
  static packet<float> every(const packet<float> (&x)[values]) {
    packet<float> y(0.0F);
    unroll<values>([&](auto i) { add_product(y, factor<Point, decltype(i)::value>{}, x[i]); });
    return y;
  }
};

template <line_tile Tile, tile_values What>
constexpr tile_kernels maps{tile_maps<Tile, What>::template to_points<float>,
                            tile_maps<Tile, What>::template to_points<std::uint16_t>,
                            tile_maps<Tile, What>::from_points};

template <line_tile Tile>
const tile_kernels& kernels_of(tile_values what) {
  switch (what) {
    case tile_values::steps:
      return maps<Tile, tile_values::steps>;
    case tile_values::taps:
      return maps<Tile, tile_values::taps>;
    default:
      return maps<Tile, tile_values::results>;
  }
}

}  // namespace

const tile_kernels& kernels_of(const line_tile& tile, tile_values what) {
  if (tile == detail::two_of_three) return kernels_of<detail::two_of_three>(what);
  if (tile == detail::three_of_three) return kernels_of<detail::three_of_three>(what);
  if (tile == detail::four_of_three) return kernels_of<detail::four_of_three>(what);
  FLOWKIT_EXPECT(tile == detail::four_of_five);
  return kernels_of<detail::four_of_five>(what);
}

}  // namespace flowkit::FLOWKIT_ARCH
