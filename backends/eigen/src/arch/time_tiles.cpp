// The maps of time tiles, a packet of columns at a time. Points come in pairs of opposite sign, so
// the even and the odd terms of a pair are added up once.
#include "../time_tiles.hpp"

#include "column_access.hpp"

namespace flowkit::FLOWKIT_ARCH {
namespace {

using detail::point_rows;
using detail::tile_rows;
using detail::tile_values;
using detail::time_tile;

constexpr index_t points = time_tile::points;
/// Rows of weights are short pieces of memory far apart, which no processor fetches in time by
/// itself.
constexpr index_t rows_ahead = 8;
/// Infinity is the last point: the leading coefficient.
constexpr index_t infinity = points - 1;
/// The points [1, infinity) are pairs a, -a.
constexpr index_t pairs = (infinity - 1) / 2;
constexpr double finite_points[infinity] = {0, 1, -1, 2, -2, 0.5, -0.5};

/// Coefficients [point][value].
template <index_t N>
struct coefficients {
  double of[points][N] = {};
};

/// The powers of each point, and the leading coefficient.
template <index_t N>
constexpr coefficients<N> powers() {
  coefficients<N> m;
  for (index_t p = 0; p < infinity; ++p) {
    double power = 1;
    for (index_t i = 0; i < N; ++i) {
      m.of[p][i] = power;
      power *= finite_points[p];
    }
  }
  m.of[infinity][N - 1] = 1;
  return m;
}

constexpr coefficients<time_tile::results> map_of_results() { return powers<time_tile::results>(); }

/// The powers over the product of the distances to the other points.
constexpr coefficients<time_tile::taps> map_of_taps() {
  auto m = powers<time_tile::taps>();
  for (index_t p = 0; p < infinity; ++p) {
    double distances = 1;
    for (index_t q = 0; q < infinity; ++q) {
      if (q != p) distances *= finite_points[p] - finite_points[q];
    }
    for (double& value : m.of[p]) value /= distances;
  }
  return m;
}

/// The coefficients of the polynomial with the other points as roots.
constexpr coefficients<time_tile::steps> map_of_steps() {
  coefficients<time_tile::steps> m;
  for (index_t p = 0; p < points; ++p) {
    auto& c = m.of[p];
    c[0] = 1;
    for (index_t q = 0; q < infinity; ++q) {
      if (q == p) continue;
      for (index_t i = time_tile::steps - 1; i > 0; --i) c[i] = c[i - 1] - finite_points[q] * c[i];
      c[0] *= -finite_points[q];
    }
  }
  return m;
}

template <tile_values What>
struct map_of;
template <>
struct map_of<tile_values::steps> {
  static constexpr auto map = map_of_steps();
};
template <>
struct map_of<tile_values::taps> {
  static constexpr auto map = map_of_taps();
};
template <>
struct map_of<tile_values::results> {
  static constexpr auto map = map_of_results();
};

/// sum + factor x, where the factor is known to the compiler.
template <class Factor>
[[gnu::always_inline]] inline void add_product(packet<float>& sum, Factor, const packet<float>& x) {
  if constexpr (Factor::value == 1) {
    sum += x;
  } else if constexpr (Factor::value != 0) {
    sum = fused(packet<float>(static_cast<float>(Factor::value)), x, sum);
  }
}

template <tile_values What>
struct tile_maps {
  static constexpr index_t values = detail::count_of(What);

  template <index_t Point, index_t Value>
  struct factor {
    static constexpr double value = map_of<What>::map.of[Point][Value];
  };

  static void to_points(index_t rows, index_t columns, const tile_rows<const float>& from,
                        const point_rows<float>& to) {
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
        float* y = to.data + r * to.step + c;
        const auto store = [&](index_t p, const packet<float>& value) {
          access.store(y + p * to.point_step, value);
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
        packet<float> sum[pairs];
        packet<float> difference[pairs];
        unroll<pairs>([&](auto k) {
          const packet<float> a = load(1 + 2 * k);
          const packet<float> b = load(2 + 2 * k);
          sum[k] = a + b;
          difference[k] = a - b;
        });
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

template <tile_values What>
constexpr tile_kernels maps{tile_maps<What>::to_points, tile_maps<What>::from_points};

}  // namespace

const tile_kernels& kernels_of(tile_values what) {
  switch (what) {
    case tile_values::steps:
      return maps<tile_values::steps>;
    case tile_values::taps:
      return maps<tile_values::taps>;
    default:
      return maps<tile_values::results>;
  }
}

}  // namespace flowkit::FLOWKIT_ARCH
