// The archetypes of the backend concepts: what an algorithm may ask of a backend, and nothing else.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/backends/eigen.hpp>

#include <array>
#include <concepts>

namespace flowkit::testing {

/// What the host and a backend exchange: numbers, and numbers of rows.
template <class U>
concept Element = std::same_as<U, double> || std::same_as<U, row_t>;

/// Exactly concept Backend: neither copied nor moved, made from a number alone, in memory that host
/// code must not look at. It computes as `eigen<double>` on one thread, so that an algorithm on it
/// has the bits of the same on the oracle. What an algorithm needs beyond the concept does not
/// compile.
class backend_archetype {
 public:
  using value_type = double;
  using space = cuda_space;

  explicit backend_archetype(int) {}
  backend_archetype(const backend_archetype&) = delete;
  backend_archetype& operator=(const backend_archetype&) = delete;

  [[nodiscard]] static constexpr std::string_view name() { return "archetype"; }

  template <class U>
  [[nodiscard]] buffer<U, space> allocate(index_t count) {
    void* data = detail::allocate_host(count * static_cast<index_t>(sizeof(U)));
    return {static_cast<U*>(data), count, detail::free_host, nullptr};
  }

  template <std::size_t R>
  void fill(view<double, R, space> y, double value) {
    host_.fill(on_host(y), value);
  }
  template <std::size_t R>
  void copy(view<double, R, space> y, std::type_identity_t<view<const double, R, space>> x) {
    host_.copy(on_host(y), on_host(x));
  }
  template <Element U>
  void upload(view<U, 1, space> y, std::type_identity_t<std::span<const U>> x) {
    host_.upload(on_host(y), x);
  }
  template <Element U>
  void download(std::span<U> y, std::type_identity_t<view<const U, 1, space>> x) {
    host_.download(y, on_host(x));
  }
  void synchronize() {}

  template <class F, class... U, std::size_t R>
    requires(std::same_as<std::remove_const_t<U>, double>&&...)
  void for_each(const F& f, view<U, R, space>... views) { host_.for_each(f, on_host(views)...); }
  void iota(view<double, 1, space> y) { host_.iota(on_host(y)); }

  template <class F, class... U, std::size_t R>
  void sum(const F& f, view<double, 0, space> out, view<U, R, space>... x) {
    host_.sum(f, on_host(out), on_host(x)...);
  }
  template <class F, class... U>
  void row_sums(const F& f, view<double, 1, space> out, view<U, 2, space>... x) {
    host_.row_sums(f, on_host(out), on_host(x)...);
  }
  template <class F, class... U>
  void column_sums(const F& f, accumulate mode, view<double, 1, space> out,
                   view<U, 2, space>... x) {
    host_.column_sums(f, mode, on_host(out), on_host(x)...);
  }
  template <class F, class... U>
  void middle_sums(const F& f, view<double, 2, space> out, view<U, 3, space>... x) {
    host_.middle_sums(f, on_host(out), on_host(x)...);
  }

  void gemm(transpose ta, transpose tb, double alpha, view<const double, 2, space> a,
            view<const double, 2, space> b, double beta, view<double, 2, space> c) {
    host_.gemm(ta, tb, alpha, on_host(a), on_host(b), beta, on_host(c));
  }
  void gemm(transpose ta, transpose tb, double alpha, view<const double, 2, space> a,
            view<const double, 2, space> b, view<const double, 1, space> row,
            view<double, 2, space> c) {
    host_.gemm(ta, tb, alpha, on_host(a), on_host(b), on_host(row), on_host(c));
  }
  void gemm(transpose ta, transpose tb, double alpha, view<const double, 3, space> a,
            view<const double, 3, space> b, double beta, view<double, 3, space> c) {
    host_.gemm(ta, tb, alpha, on_host(a), on_host(b), beta, on_host(c));
  }

  template <std::size_t R>
  void uniform(view<double, R, space> y, rng_key key) {
    host_.uniform(on_host(y), key);
  }
  template <std::size_t R>
  void normal(view<double, R, space> y, rng_key key) {
    host_.normal(on_host(y), key);
  }

  void gather_rows(view<const double, 2, space> x, view<const row_t, 1, space> rows,
                   view<double, 2, space> y) {
    host_.gather_rows(on_host(x), on_host(rows), on_host(y));
  }
  void scatter_rows(view<const double, 2, space> x, view<const row_t, 1, space> rows,
                    view<double, 2, space> y) {
    host_.scatter_rows(on_host(x), on_host(rows), on_host(y));
  }

 protected:
  template <class U, std::size_t R>
  static view<U, R, host_space> on_host(const view<U, R, space>& v) {
    return {v.data(), v.shape(), v.strides()};
  }

  eigen<double> host_{{.threads = 1}};
};

/// Exactly concept NeuralBackend.
class neural_archetype : public backend_archetype {
  using cube = view<const double, 3, space>;
  using image = view<const double, 4, space>;
  using matrix = view<const double, 2, space>;
  using line = view<const double, 1, space>;

 public:
  using backend_archetype::backend_archetype;

  void convolve(const convolution_geometry& g, image x, matrix w, double beta,
                view<double, 4, space> y) {
    host_.convolve(g, on_host(x), on_host(w), beta, on_host(y));
  }
  void convolve(const convolution_geometry& g, image x, matrix w, line row,
                view<double, 4, space> y) {
    host_.convolve(g, on_host(x), on_host(w), on_host(row), on_host(y));
  }
  void convolve_backward_data(const convolution_geometry& g, image dy, matrix w, double beta,
                              view<double, 4, space> dx) {
    host_.convolve_backward_data(g, on_host(dy), on_host(w), beta, on_host(dx));
  }
  void convolve_backward_data(const convolution_geometry& g, image dy, matrix w, line row,
                              view<double, 4, space> dx) {
    host_.convolve_backward_data(g, on_host(dy), on_host(w), on_host(row), on_host(dx));
  }
  void convolve_backward_weights(const convolution_geometry& g, image x, image dy, double beta,
                                 view<double, 2, space> dw) {
    host_.convolve_backward_weights(g, on_host(x), on_host(dy), beta, on_host(dw));
  }

  template <fn::Epilogue F>
  void group_norm(F f, index_t groups, double epsilon, cube x, line scale, line shift,
                  const std::array<cube, F::others>& others, view<double, 3, space> y,
                  view<double, 2, space> mean, view<double, 2, space> inverse_deviation) {
    host_.group_norm(f, groups, epsilon, on_host(x), on_host(scale), on_host(shift),
                     all_on_host(others), on_host(y), on_host(mean), on_host(inverse_deviation));
  }
  template <fn::Epilogue F>
  void group_norm_backward(F f, index_t groups, cube x, line scale, line shift, matrix mean,
                           matrix inverse_deviation, const std::array<cube, F::others>& others,
                           cube dy, view<double, 3, space> dx, view<double, 1, space> dscale,
                           view<double, 1, space> dshift,
                           const std::array<view<double, 2, space>, F::gradients>& dothers) {
    host_.group_norm_backward(f, groups, on_host(x), on_host(scale), on_host(shift), on_host(mean),
                              on_host(inverse_deviation), all_on_host(others), on_host(dy),
                              on_host(dx), on_host(dscale), on_host(dshift), all_on_host(dothers));
  }
  void group_norm_jvp(index_t groups, cube x, line scale, matrix mean, matrix inverse_deviation,
                      cube dx, view<double, 3, space> dy) {
    host_.group_norm_jvp(groups, on_host(x), on_host(scale), on_host(mean),
                         on_host(inverse_deviation), on_host(dx), on_host(dy));
  }

  void softmax(cube x, view<double, 3, space> y) { host_.softmax(on_host(x), on_host(y)); }
  void softmax_product(cube y, cube v, view<double, 3, space> jv) {
    host_.softmax_product(on_host(y), on_host(v), on_host(jv));
  }

  void max_pool(const convolution_geometry& g, image x, view<double, 4, space> y,
                view<row_t, 4, space> index) {
    host_.max_pool(g, on_host(x), on_host(y), on_host(index));
  }
  void max_pool_backward(view<const row_t, 4, space> index, image dy, view<double, 4, space> dx) {
    host_.max_pool_backward(on_host(index), on_host(dy), on_host(dx));
  }
  void max_pool_jvp(view<const row_t, 4, space> index, image dx, view<double, 4, space> dy) {
    host_.max_pool_jvp(on_host(index), on_host(dx), on_host(dy));
  }

 private:
  template <class U, std::size_t R, std::size_t N>
  static std::array<view<U, R, host_space>, N> all_on_host(
      const std::array<view<U, R, space>, N>& views) {
    std::array<view<U, R, host_space>, N> out;
    for (std::size_t i = 0; i < N; ++i) out[i] = on_host(views[i]);
    return out;
  }
};

/// Exactly concept SearchBackend.
class search_archetype : public backend_archetype {
 public:
  using backend_archetype::backend_archetype;

  void nearest(view<const double, 2, space> queries, view<const double, 2, space> references,
               view<row_t, 2, space> index, view<double, 2, space> distance) {
    host_.nearest(on_host(queries), on_host(references), on_host(index), on_host(distance));
  }
  void nearest_within(const search_radius<double>& within, view<const double, 2, space> chunks,
                      view<const double, 2, space> reference_chunks,
                      view<const double, 2, space> features,
                      view<const double, 2, space> reference_features, view<row_t, 1, space> index,
                      view<double, 1, space> distance, view<double, 1, space> feature_distance) {
    host_.nearest_within(within, on_host(chunks), on_host(reference_chunks), on_host(features),
                         on_host(reference_features), on_host(index), on_host(distance),
                         on_host(feature_distance));
  }
};

}  // namespace flowkit::testing
