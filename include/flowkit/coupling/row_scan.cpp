// Passes over one row of a cost matrix, written once and compiled for several instruction sets.
#include <flowkit/coupling/row_scan.hpp>

#include <array>
#include <cstring>
#include <limits>

// Every function that takes or returns a vector is inlined, so how it would be passed is moot.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace flowkit::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Vectors of the compiler rather than plain loops: a floating-point minimum is not vectorised
/// under strict rules, and stores that might alias the prices hinder the rest. `Lanes` is what one
/// register of the instruction set holds.
template <class T, index_t Lanes>
struct vector_type {
  using type [[gnu::vector_size(Lanes * sizeof(T))]] = T;
};
template <index_t Lanes>
using vector_of = typename vector_type<double, Lanes>::type;

template <index_t Lanes, class T>
[[gnu::always_inline]] inline vector_of<Lanes> load(const T* from) {
  typename vector_type<T, Lanes>::type values;
  std::memcpy(&values, from, sizeof(values));
  return __builtin_convertvector(values, vector_of<Lanes>);
}

template <class V>
[[gnu::always_inline]] inline void store(double* to, const V& values) {
  std::memcpy(to, &values, sizeof(values));
}

template <class V>
[[gnu::always_inline]] inline V lesser(const V& a, const V& b) {
  return a < b ? a : b;
}

/// Values that lie in memory.
struct stored_values {
  const double* data;
  [[gnu::always_inline]] double one(index_t k) const { return data[k]; }
  template <index_t Lanes>
  [[gnu::always_inline]] vector_of<Lanes> some(index_t k) const {
    return load<Lanes>(data + k);
  }
};

/// Cost minus price.
template <class T>
struct reduced_costs {
  const T* cost;
  const double* price;
  [[gnu::always_inline]] double one(index_t k) const {
    return static_cast<double>(cost[k]) - price[k];
  }
  template <index_t Lanes>
  [[gnu::always_inline]] vector_of<Lanes> some(index_t k) const {
    return load<Lanes>(cost + k) - load<Lanes>(price + k);
  }
};

/// Distances, shortened through one more row where that is shorter.
template <class T>
struct shortened_distances {
  reduced_costs<T> reduced;
  double offset;
  double id;
  double* distance;
  double* from;
  [[gnu::always_inline]] double one(index_t k) const {
    const double through = reduced.one(k) - offset;
    if (through < distance[k]) {
      distance[k] = through;
      from[k] = id;
    }
    return distance[k];
  }
  template <index_t Lanes>
  [[gnu::always_inline]] vector_of<Lanes> some(index_t k) const {
    const auto through = reduced.template some<Lanes>(k) - offset;
    const auto known = load<Lanes>(distance + k);
    const auto ids = id - vector_of<Lanes>{};
    const auto shortest = lesser(through, known);
    store(from + k, through < known ? ids : load<Lanes>(from + k));
    store(distance + k, shortest);
    return shortest;
  }
};

template <index_t Lanes, class Values>
[[gnu::always_inline]] inline double least_of(const Values& values, index_t begin, index_t end) {
  double least = infinity;
  index_t k = begin;
  if (end - begin >= Lanes) {
    vector_of<Lanes> some = values.template some<Lanes>(k);
    for (k += Lanes; k + Lanes <= end; k += Lanes) {
      some = lesser(values.template some<Lanes>(k), some);
    }
    for (index_t lane = 0; lane < Lanes; ++lane) least = lesser(some[lane], least);
  }
  for (; k < end; ++k) least = lesser(values.one(k), least);
  return least;
}

template <index_t Lanes, class Values>
[[gnu::always_inline]] inline double least_of_block(const Values& values, index_t block,
                                                    index_t columns) {
  const index_t begin = block * scan_block;
  // A whole block has a constant length, which lets the compiler unroll.
  return begin + scan_block <= columns ? least_of<Lanes>(values, begin, begin + scan_block)
                                       : least_of<Lanes>(values, begin, columns);
}

/// Evaluates every column once, keeps the least value of each block, returns the least of all.
template <index_t Lanes, class Values>
[[gnu::always_inline]] inline double least_of_row(const Values& values, index_t columns,
                                                  double* block_least) {
  const index_t blocks = scan_blocks(columns);
  for (index_t b = 0; b < blocks; ++b) block_least[b] = least_of_block<Lanes>(values, b, columns);
  return least_of<Lanes>(stored_values{block_least}, 0, blocks);
}

/// Lowest column other than `without` that holds `wanted`, the least value of the row.
template <class Values>
[[gnu::always_inline]] inline index_t find(const Values& values, const double* block_least,
                                           double wanted, index_t without) {
  index_t block = 0;
  while (block_least[block] != wanted) ++block;
  index_t column = block * scan_block;
  while (column == without || values.one(column) != wanted) ++column;
  return column;
}

template <index_t Lanes, class T>
[[gnu::always_inline]] inline two_least smallest_body(const T* cost, const double* price,
                                                      index_t columns, double* block_least) {
  const reduced_costs<T> values{cost, price};
  const double first = least_of_row<Lanes>(values, columns, block_least);
  const index_t column = find(values, block_least, first, -1);
  const index_t block = column / scan_block;
  const index_t end = block * scan_block + scan_block;
  block_least[block] = lesser(least_of<Lanes>(values, block * scan_block, column),
                              least_of<Lanes>(values, column + 1, end < columns ? end : columns));
  const double second = least_of<Lanes>(stored_values{block_least}, 0, scan_blocks(columns));
  const bool tied = first == second && second < infinity;
  return {first, second, column, tied ? find(values, block_least, second, column) : -1};
}

template <index_t Lanes, class T>
[[gnu::always_inline]] inline double relax_body(const entering_row<T>& row,
                                                const search_front& front) {
  const shortened_distances<T> values{
      {row.cost, front.price}, row.offset, row.id, front.distance, front.from};
  return least_of_row<Lanes>(values, front.columns, front.block_least);
}

// One pair per instruction set. Chosen by hand rather than by target_clones: a program with its
// resolvers crashes under the thread sanitizer, and clang 14 has none for templates.
template <class T>
two_least smallest_baseline(const T* cost, const double* price, index_t columns,
                            double* block_least) {
  return smallest_body<2>(cost, price, columns, block_least);
}
template <class T>
double relax_baseline(const entering_row<T>& row, const search_front& front) {
  return relax_body<2>(row, front);
}

#if defined(__x86_64__)
template <class T>
[[gnu::target("avx2")]] two_least smallest_avx2(const T* cost, const double* price, index_t columns,
                                                double* block_least) {
  return smallest_body<4>(cost, price, columns, block_least);
}
template <class T>
[[gnu::target("avx2")]] double relax_avx2(const entering_row<T>& row, const search_front& front) {
  return relax_body<4>(row, front);
}

template <class T>
[[gnu::target("avx512f")]] two_least smallest_avx512(const T* cost, const double* price,
                                                     index_t columns, double* block_least) {
  return smallest_body<8>(cost, price, columns, block_least);
}
template <class T>
[[gnu::target("avx512f")]] double relax_avx512(const entering_row<T>& row,
                                               const search_front& front) {
  return relax_body<8>(row, front);
}
#endif

}  // namespace

template <class T>
std::span<const row_scans<T>> usable_row_scans() {
#if defined(__x86_64__)
  static constexpr std::array<row_scans<T>, 3> scans{{{&smallest_baseline<T>, &relax_baseline<T>},
                                                      {&smallest_avx2<T>, &relax_avx2<T>},
                                                      {&smallest_avx512<T>, &relax_avx512<T>}}};
  __builtin_cpu_init();
  const std::size_t usable = !__builtin_cpu_supports("avx2")      ? 1
                             : !__builtin_cpu_supports("avx512f") ? 2
                                                                  : 3;
#else
  static constexpr std::array<row_scans<T>, 1> scans{{{&smallest_baseline<T>, &relax_baseline<T>}}};
  const std::size_t usable = 1;
#endif
  return std::span<const row_scans<T>>(scans).first(usable);
}

template <class T>
const row_scans<T>& best_row_scans() {
  static const row_scans<T>& best = usable_row_scans<T>().back();
  return best;
}

template const row_scans<float>& best_row_scans<float>();
template const row_scans<double>& best_row_scans<double>();
template std::span<const row_scans<float>> usable_row_scans<float>();
template std::span<const row_scans<double>> usable_row_scans<double>();

}  // namespace flowkit::detail
