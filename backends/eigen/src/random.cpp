#include "state.hpp"

namespace flowkit {
namespace {

/// Elements per part: a whole number of blocks of the kernel, and enough work to wake a thread for.
constexpr index_t chunk = 64 * random_grain;

}  // namespace

template <class T>
void eigen<T>::uniform(mutable_view<1> y, rng_key key) {
  FLOWKIT_EXPECT(y.dense());
  const kernel_table<T>& table = kernels<T>(this->instructions());
  this->split_rows(this->ceil_div(y.size(), chunk), chunk, [&](index_t i) {
    table.uniform(key, i * chunk, std::min(y.size(), (i + 1) * chunk), y.data());
  });
}

template <class T>
void eigen<T>::normal(mutable_view<1> y, rng_key key) {
  FLOWKIT_EXPECT(y.dense());
  const kernel_table<T>& table = kernels<T>(this->instructions());
  this->split_rows(this->ceil_div(y.size(), chunk), chunk, [&](index_t i) {
    table.normal(key, i * chunk, std::min(y.size(), (i + 1) * chunk), y.data());
  });
}

template void eigen<float>::uniform(mutable_view<1>, rng_key);
template void eigen<double>::uniform(mutable_view<1>, rng_key);
template void eigen<float>::normal(mutable_view<1>, rng_key);
template void eigen<double>::normal(mutable_view<1>, rng_key);

}  // namespace flowkit
