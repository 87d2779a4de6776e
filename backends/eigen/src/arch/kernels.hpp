// Kernels of one instruction set, declared for the table that collects them; kernel_table says what
// they compute.
#pragma once

#include "../kernel_table.hpp"

namespace flowkit::FLOWKIT_ARCH {

template <class T>
void gemm(const gemm_task<T>& task, T* packed);
template <class T>
void pack_operand(const gemm_task<T>& task, index_t first, index_t last, T* packed);

template <class T>
struct column_kernels {
  static void add(index_t rows, index_t columns, matrix<const T> x, matrix<T> y);
  static void sum(index_t rows, index_t columns, matrix<const T> x, T* out);
  static void squares(index_t rows, index_t columns, matrix<const T> x, const T* center, T* out);
  static void combine(index_t rows, index_t columns, matrix<const T> v, matrix<const T> x,
                      const T* center, const T* a, const T* b, const T* d, matrix<T> y);
  static void take_larger(index_t columns, const T* x, T tap, T* best, T* chosen);
};

template <class T>
struct softmax_kernels {
  static void value(index_t rows, index_t columns, matrix<const T> x, matrix<T> y);
  static void product(index_t rows, index_t columns, matrix<const T> y, matrix<const T> v,
                      matrix<T> jv);
};

template <class T>
struct search_kernels {
  static index_t columns_below(const approximation<T>& a, index_t count, row_t* columns);
  static index_t first_below_both(const approximation<T>& a, const approximation<T>& b,
                                  index_t first, index_t last);
  static index_t lowest_below_both(const approximation<T>& a, const approximation<T>& b,
                                   index_t count);
  static T squared_distance(index_t size, const T* a, const T* b);
};

template <class T>
struct random_kernels {
  static void uniform(rng_key key, index_t first, index_t last, T* y);
  static void normal(rng_key key, index_t first, index_t last, T* y);
};

}  // namespace flowkit::FLOWKIT_ARCH
