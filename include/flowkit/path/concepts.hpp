// What a probability path between noise and data must offer.
#pragma once

#include <flowkit/backend/concepts.hpp>
#include <flowkit/fn/path.hpp>

namespace flowkit {

/// The coefficients of x_t = alpha(t) x1 + sigma(t) x0: `s(t) -> {alpha, sigma, d_alpha, d_sigma}`.
/// Laws: alpha(0) = 0, sigma(0) = 1, alpha(1) = 1, sigma(1) = 0 (variance preserving: alpha(0) is
/// small, not 0); d_alpha and d_sigma are the derivatives.
template <class S>
concept Schedule = std::is_trivially_copyable_v<S> && requires(const S& s, float t, double u) {
  { s(t) } -> std::same_as<fn::path_coefficients<float>>;
  { s(u) } -> std::same_as<fn::path_coefficients<double>>;
};

/// A path from noise x0 to data x1: `p.sample(be, t, x0, x1, xt, ut)` with t [n] and the rest
/// [n, d] writes the state at time t and its velocity. Laws: xt(0) = x0, xt(1) = x1,
/// ut = d xt / dt. xt and ut may lie where x0 and x1 lie.
template <class P, class B>
concept Path = requires(const P& p, B& be, const_view_of<B, 1> t, const_view_of<B, 2> x0,
                        const_view_of<B, 2> x1, view_of<B, 2> xt, view_of<B, 2> ut) {
  p.sample(be, t, x0, x1, xt, ut);
};

}  // namespace flowkit
