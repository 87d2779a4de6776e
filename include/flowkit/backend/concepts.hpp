// What a backend is: the operations that algorithms may call, listed once, with their laws.
#pragma once

#include <flowkit/backend/geometry.hpp>
#include <flowkit/backend/tensor.hpp>
#include <flowkit/core/rng.hpp>
#include <flowkit/fn/arithmetic.hpp>
#include <flowkit/fn/epilogue.hpp>

#include <concepts>
#include <span>
#include <string_view>

namespace flowkit {

/// Refers to data: trivially copyable, never owns, row-major, broadcasting by stride 0.
template <class V>
concept View = std::is_trivially_copyable_v<V> && Space<typename V::space> && requires(const V v) {
  typename V::value_type;
  { V::rank } -> std::convertible_to<std::size_t>;
  v.data();
  v.shape();
  v.strides();
  { v.size() } -> std::same_as<index_t>;
};

/// A view in the memory and of the scalar of backend B. Constrains every pack of views, so that a
/// host view never reaches a device call.
template <class V, class B>
concept ViewOn = View<V> && std::same_as<typename V::space, typename B::space> &&
    std::same_as<typename V::value_type, typename B::value_type>;

/// Place and memory. Law: work on one backend object happens in the order of its calls; only
/// `download` and `synchronize` (and `device_scalar::read`, which downloads) may block.
/// `allocate` returns memory for any trivial type, aligned to 64 bytes; allocating 0 elements is
/// allowed. Numbers and row numbers travel between host and backend; fill and copy take numbers.
/// Operations take views of rank 0 to 4 unless they name a rank.
template <class B>
concept Memory = requires(B& be, view_of<B, 2> y, const_view_of<B, 2> x, view_of<B, 1> line,
                          const_view_of<B, 1> const_line, typename B::value_type s,
                          std::span<typename B::value_type> out,
                          std::span<const typename B::value_type> in, view_of<B, 1, row_t> chosen,
                          const_view_of<B, 1, row_t> const_chosen, std::span<row_t> rows_out,
                          std::span<const row_t> rows_in) {
  requires std::floating_point<typename B::value_type>;
  requires Space<typename B::space>;
  { be.name() } -> std::convertible_to<std::string_view>;
  { be.template allocate<row_t>(index_t{}) } -> std::same_as<buffer<row_t, typename B::space>>;
  be.fill(y, s);                 // every element
  be.copy(y, x);                 // equal shapes, any strides
  be.upload(line, in);           // equal sizes, dense
  be.download(out, const_line);  // equal sizes, dense; blocks
  be.upload(chosen, rows_in);
  be.download(rows_out, const_chosen);
  be.synchronize();
};

/// `for_each(f, views...)` applies f to corresponding elements: mutable views arrive by reference,
/// const views by value; all shapes are equal (broadcast with the view helpers). Laws: one pass
/// over memory; f is trivially copyable; a view may alias another only at the same index. `iota(y)`
/// writes 0, 1, 2, ...
template <class B>
concept Elementwise = requires(B& be, view_of<B, 2> y, const_view_of<B, 2> x, view_of<B, 1> line) {
  be.for_each(fn::assign{}, y, x);
  be.iota(line);
};

/// Sums of f over corresponding elements. Laws: fixed order per backend, whatever the number of
/// threads and calls; an empty sum is 0. Outputs are scaled by beta (0 or 1) before adding.
///   sum(f, out, x...)                 out = sum f(x...)                       out: scalar
///   row_sums(f, out, x...)            out[n] = sum_c f(x[n,c]...)
///   column_sums(f, beta, out, x...)   out[c] = beta out[c] + sum_n f(x[n,c]...)
///   middle_sums(f, out, x...)         out[n,c] = sum_p f(x[n,p,c]...)
template <class B>
concept Reduction = requires(B& be, view_of<B, 0> s, view_of<B, 1> line, view_of<B, 2> matrix,
                             const_view_of<B, 2> x, const_view_of<B, 3> cube) {
  be.sum(fn::identity{}, s, x);
  be.row_sums(fn::identity{}, line, x);
  be.column_sums(fn::identity{}, accumulate::overwrite, line, x);
  be.middle_sums(fn::identity{}, matrix, cube);
};

/// C = alpha op(A) op(B) + beta C on matrices whose rows may be strided (innermost stride 1), and
/// the same for every matrix of a batch. A dense row in place of beta is added to every row
/// instead: a bias. Laws: beta = 0 and a row ignore old values of C, even NaN.
template <class B>
concept LinearAlgebra = requires(B& be, typename B::value_type s, const_view_of<B, 2> a,
                                 const_view_of<B, 1> row, view_of<B, 2> c, const_view_of<B, 3> as,
                                 view_of<B, 3> cs) {
  be.gemm(transpose::no, transpose::yes, s, a, a, s, c);
  be.gemm(transpose::no, transpose::yes, s, a, a, row, c);
  be.gemm(transpose::no, transpose::yes, s, as, as, s, cs);
};

/// Random numbers from a key. Laws: the same key gives the same integers on every backend, values
/// equal within rounding; element e of a dense view depends on the key and e alone.
template <class B>
concept Random = requires(B& be, view_of<B, 2> y, rng_key key) {
  be.uniform(y, key);  // open interval (0, 1)
  be.normal(y, key);   // mean 0, variance 1
};

/// Convolutions on [batch, height, width, channel] with weights [taps * in, out], taps row-major
/// over the kernel. Outputs are y = convolution + beta y, or with a dense row [channel] in place of
/// beta y = convolution + row, dense y. Law: adjoint identity between the three.
template <class B>
concept Convolution = requires(B& be, const convolution_geometry& g, const_view_of<B, 4> x,
                               const_view_of<B, 2> w, view_of<B, 4> y, view_of<B, 2> dw,
                               typename B::value_type beta, const_view_of<B, 1> row) {
  be.convolve(g, x, w, beta, y);
  be.convolve(g, x, w, row, y);
  be.convolve_backward_data(g, x, w, beta, y);  // (dy, w) -> dx
  be.convolve_backward_data(g, x, w, row, y);
  be.convolve_backward_weights(g, x, x, beta, dw);  // (x, dy) -> dw
};

/// Group normalisation of [batch, position, channel] over positions and the channels of a group,
/// then scale and shift per channel, then an epilogue of fn/epilogue.hpp with its further operands
/// (dense channels, equal shapes; broadcast with the view helpers): y = f(h, others...). Mean and
/// inverse deviation [batch, group] are saved for the other passes, h is not. Backward, given dy,
/// overwrites dx and, for the operands of one number per sample and channel, their gradients
/// [batch, channel]; it adds to dscale, dshift. The tangent is that of h. Laws: invariant to input
/// scale (up to epsilon); backward and epilogue are those of separate passes; dx may be dy.
template <class B>
concept Normalization = requires(B& be, index_t groups, typename B::value_type eps,
                                 const_view_of<B, 3> x, const_view_of<B, 1> scale, view_of<B, 3> y,
                                 view_of<B, 2> mean, const_view_of<B, 2> saved,
                                 view_of<B, 1> dscale) {
  be.group_norm(fn::unchanged{}, groups, eps, x, scale, scale, {}, y, mean, mean);
  be.group_norm_backward(fn::unchanged{}, groups, x, scale, scale, saved, saved, {}, x, y, dscale,
                         dscale, {});
  be.group_norm_jvp(groups, x, scale, saved, saved, x, y);
};

/// Softmax over the middle axis of [batch, position, channel]; its Jacobian is symmetric, so one
/// product serves both directions of differentiation. Law: sums over positions are 1.
template <class B>
concept Softmax = requires(B& be, const_view_of<B, 3> x, view_of<B, 3> y) {
  be.softmax(x, y);
  be.softmax_product(x, x, y);  // (y, v) -> J v
};

/// Max pooling on [batch, height, width, channel]; padding counts as minus infinity; ties go to the
/// first position. `index` keeps the chosen row * width + column for the other passes.
template <class B>
concept Pooling = requires(B& be, const convolution_geometry& g, const_view_of<B, 4> x,
                           view_of<B, 4> y, view_of<B, 4, row_t> index,
                           const_view_of<B, 4, row_t> chosen) {
  be.max_pool(g, x, y, index);
  be.max_pool_backward(chosen, x, y);  // (dy) -> dx, overwritten
  be.max_pool_jvp(chosen, x, y);       // (dx) -> dy
};

/// Rows by number: y[i] = x[rows[i]] and y[rows[i]] = x[i] (rows distinct).
template <class B>
concept RowAccess = requires(B& be, const_view_of<B, 2> x, const_view_of<B, 1, row_t> chosen,
                             view_of<B, 2> y) {
  be.gather_rows(x, chosen, y);
  be.scatter_rows(x, chosen, y);
};

/// Exact search. `nearest`: the k nearest reference rows of every query row by squared Euclidean
/// distance, ascending (k = columns of index); where there are fewer, index -1 and infinity.
/// `nearest_within`: of the references whose chunks are within a radius (strictly), the one whose
/// features are nearest; its mean step distance and Euclidean feature distance, or index -1.
/// Laws: distances are evaluated from differences, as if every pair were; ties go to the lower
/// index.
template <class B>
concept Search = requires(B& be, const search_radius<typename B::value_type>& within,
                          const_view_of<B, 2> x, view_of<B, 2, row_t> index, view_of<B, 2> distance,
                          view_of<B, 1, row_t> row, view_of<B, 1> line) {
  be.nearest(x, x, index, distance);  // (queries, references)
  // (chunks, reference chunks, features, reference features)
  be.nearest_within(within, x, x, x, x, row, line, line);
};

/// Enough for paths, couplings, solvers and optimisers.
template <class B>
concept Backend =
    Memory<B> && Elementwise<B> && Reduction<B> && LinearAlgebra<B> && Random<B> && RowAccess<B>;

/// Enough for every layer.
template <class B>
concept NeuralBackend =
    Backend<B> && Convolution<B> && Normalization<B> && Softmax<B> && Pooling<B>;

/// Enough for alignment.
template <class B>
concept SearchBackend = Backend<B> && Search<B>;

}  // namespace flowkit
