// The closed list of functors that every backend library instantiates.
#pragma once

#include <flowkit/fn/arithmetic.hpp>
#include <flowkit/fn/epilogue.hpp>
#include <flowkit/fn/optimizer.hpp>
#include <flowkit/fn/path.hpp>
#include <flowkit/fn/pointwise.hpp>
#include <flowkit/fn/rotation.hpp>
#include <flowkit/fn/runge_kutta.hpp>
#include <flowkit/fn/step_control.hpp>
#include <flowkit/fn/time_sampling.hpp>

#include <utility>

namespace flowkit::fn {

template <class... Types>
struct type_list {};

namespace detail {
template <class... Lists>
struct joined;
template <class... A>
struct joined<type_list<A...>> {
  using type = type_list<A...>;
};
template <class... A, class... B, class... Rest>
struct joined<type_list<A...>, type_list<B...>, Rest...> {
  using type = typename joined<type_list<A..., B...>, Rest...>::type;
};
}  // namespace detail

/// The activations; adding one here adds its kernels to every backend.
using activations = type_list<relu, tanh, silu, mish, gelu>;

namespace detail {
template <class List>
struct activation_kernels;
template <class... F>
struct activation_kernels<type_list<F...>> {
  using type = type_list<pointwise_value<F>..., pointwise_product<F>...>;
};
}  // namespace detail

namespace detail {
template <class T, class Slopes>
struct runge_kutta_kernels;
template <class T, std::size_t... K>
struct runge_kutta_kernels<T, std::index_sequence<K...>> {
  using passes =
      type_list<rk_combine<T, K + 1>..., rk_combine_rows<T, K + 1>..., rk_interpolate<T, K + 1>...,
                rk_commit, rk_commit_state, rk_position<T>, rk_hermite, sign_of_uniform,
                trial_step<T>, first_step<T>, begin_attempt<T>, judge_attempt<T>>;
  using sums = type_list<rk_error<T, K + 1>..., rk_scaled_square<T>, finite_zero, is_running>;
};
/// Methods of up to seven slopes; longer ones need a longer list.
template <class T>
using runge_kutta = runge_kutta_kernels<T, std::make_index_sequence<7>>;

template <class T, class... C>
using path_kernels = type_list<path_sample<C>..., path_convert<C, T>...>;
}  // namespace detail

/// Functors of `for_each` for scalar T. One that is missing here is a link error that names it.
template <class T>
using elementwise_kernels = typename detail::joined<
    type_list<assign, assign_constant<T>, add_to, sum_of, difference_of, product_of, multiply_add,
              sum_of_products, scaled<T>, axpy<T>, affine<T>, scaled_difference<T>, square_root>,
    type_list<adamw_update<T>, sgd_update<T>, averaged<T, adamw_update<T>>,
              averaged<T, sgd_update<T>>, average_update<T>, clip_factor<T>, logit_normal<T>>,
    type_list<sine_cosine, sine_cosine_tangent>,
    detail::path_kernels<T, linear_coefficients, cosine_coefficients,
                         variance_preserving_coefficients<T>>,
    typename detail::runge_kutta<T>::passes,
    typename detail::activation_kernels<activations>::type>::type;

/// What follows a group normalisation in one pass, for any scalar.
using epilogues = type_list<unchanged, activated<relu>, activated<mish>, activated_sum<mish>,
                            activated_film<mish>>;

/// Functors of sums for scalar T.
template <class T>
using reduction_kernels =
    typename detail::joined<type_list<identity, square, multiply, squared_difference,
                                      weighted_squared_difference, sine_cosine_gradient>,
                            typename detail::runge_kutta<T>::sums>::type;

}  // namespace flowkit::fn
