// Optimisers: gradients become new values, in one pass over memory.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/scalar_option.hpp>
#include <flowkit/nn/parameters.hpp>
#include <flowkit/train/concepts.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace flowkit {

namespace detail {

/// One pass of `rule` over values, gradients, states and, if there is one, the average.
template <class B, class Rule, class... States>
void update_values(B& be, const Rule& rule, const trained_values<B>& trained,
                   const step_settings<B>& settings, States... states) {
  using T = typename B::value_type;
  const index_t size = trained.values.size();
  FLOWKIT_VALIDATE(trained.gradients.size() == size && ((states.size() == size) && ...) &&
                       (trained.average.empty() || trained.average.size() == size),
                   "an optimiser of ", std::min({states.size()...}), " numbers was given ", size,
                   " values, ", trained.gradients.size(), " gradients and an average of ",
                   trained.average.size(),
                   ": they belong to different layouts; make all of them from one");
  const auto factor = repeat_scalar(settings.gradient_factor, trained.values.shape());
  if (trained.average.empty()) {
    be.for_each(rule, trained.values, trained.gradients, states..., factor);
  } else {
    const fn::averaged<T, Rule> both{rule, settings.average};
    be.for_each(both, trained.average, trained.values, trained.gradients, states..., factor);
  }
}

/// Throws invalid_input unless the decay is a finite number that shrinks values.
inline void check_weight_decay(const char* optimizer, double decay) {
  FLOWKIT_VALIDATE(decay >= 0 && std::isfinite(decay), optimizer, " with a weight decay of ", decay,
                   " would let values grow without bound: choose 0 (none) or a small number");
}

/// Throws invalid_input unless a step leaves numbers: `rate` is what moves the values and `keep`
/// what the decay leaves of them.
template <class T>
void check_step(const char* optimizer, double learning_rate, const scalar_option<T>& rate,
                const scalar_option<T>& keep) {
  FLOWKIT_VALIDATE(learning_rate >= 0 && rate.finite() && keep.finite(), optimizer,
                   " with a learning rate of ", learning_rate, " would move values at a rate of ",
                   rate, " and keep ", keep,
                   " of them: the rate must not be negative, and both must be finite; choose a "
                   "smaller learning rate, such as 1e-4, or a smaller weight decay");
}

/// A flat tensor of zeros. Allocates.
template <class B>
tensor<B, 1> zeros(B& be, index_t size) {
  tensor<B, 1> out(be, extents<1>{size});
  be.fill(out.view(), typename B::value_type(0));
  return out;
}

}  // namespace detail

/// Settings of adamw. Defaults are those of diffusion and flow policies (Chi et al. 2023).
struct adamw_options {
  double beta1 = 0.95;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-6;  ///< per step, times the learning rate; on all values
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019); see fn::adamw_update for the
/// formula. Keeps two flat tensors.
template <class B>
class adamw {
 public:
  /// Throws invalid_input unless both betas are in [0, 1), epsilon is finite and positive in the
  /// backend's scalar, and the decay is finite and not negative. Allocates.
  adamw(B& be, const parameter_layout& layout, const adamw_options& options = {})
      : first_(detail::zeros(be, layout.size())),
        second_(detail::zeros(be, layout.size())),
        options_(options) {
    const auto decays = [](double beta) { return beta >= 0 && beta < 1; };
    FLOWKIT_VALIDATE(decays(options.beta1) && decays(options.beta2), "AdamW with beta1 ",
                     options.beta1, " and beta2 ", options.beta2,
                     " forgets nothing or diverges: choose both in [0, 1)");
    const detail::scalar_option<T> epsilon(options.epsilon);
    FLOWKIT_VALIDATE(epsilon.positive(), "AdamW with epsilon ", epsilon,
                     " divides 0 by 0 where gradients are 0, or never moves: choose a small "
                     "positive number, such as 1e-8");
    detail::check_weight_decay("AdamW", options.weight_decay);
  }

  /// See Optimizer. Throws invalid_input for a learning rate that is negative or, with its bias
  /// correction, not finite in the backend's scalar.
  void step(B& be, const trained_values<B>& trained, const step_settings<B>& settings) {
    detail::update_values(be, rule(settings), trained, settings, first_.view(), second_.view());
  }

  [[nodiscard]] std::array<optimizer_state<B>, 2> state() {
    return {{{"first_moment", first_.view()}, {"second_moment", second_.view()}}};
  }

 private:
  using T = typename B::value_type;

  [[nodiscard]] fn::adamw_update<T> rule(const step_settings<B>& settings) const {
    const auto [beta1, beta2, epsilon, decay] = options_;
    const auto t = static_cast<double>(settings.count + 1);
    const detail::scalar_option<T> rate(settings.learning_rate / (1 - std::pow(beta1, t)));
    const detail::scalar_option<T> keep(1 - settings.learning_rate * decay);
    const double deviation = 1 / std::sqrt(1 - std::pow(beta2, t));
    detail::check_step("AdamW", settings.learning_rate, rate, keep);
    return {keep.held,
            rate.held,
            static_cast<T>(beta1),
            static_cast<T>(1 - beta1),
            static_cast<T>(beta2),
            static_cast<T>(1 - beta2),
            static_cast<T>(deviation),
            static_cast<T>(epsilon)};
  }

  tensor<B, 1> first_;
  tensor<B, 1> second_;
  adamw_options options_;
};

/// Settings of sgd.
struct sgd_options {
  double momentum = 0.9;
  double weight_decay = 0;  ///< decoupled: per step, times the learning rate
};

/// Gradient descent with momentum; see fn::sgd_update for the formula. Keeps one flat tensor.
template <class B>
class sgd {
 public:
  /// Throws invalid_input for a momentum outside [0, 1) or a decay that is negative or not finite.
  /// Allocates.
  sgd(B& be, const parameter_layout& layout, const sgd_options& options = {})
      : momentum_(detail::zeros(be, layout.size())), options_(options) {
    FLOWKIT_VALIDATE(options.momentum >= 0 && options.momentum < 1, "a momentum of ",
                     options.momentum, " does not decay: choose one in [0, 1)");
    detail::check_weight_decay("SGD", options.weight_decay);
  }

  /// See Optimizer. Throws invalid_input for a learning rate that is negative or not finite in the
  /// backend's scalar.
  void step(B& be, const trained_values<B>& trained, const step_settings<B>& settings) {
    const detail::scalar_option<T> rate(settings.learning_rate);
    const detail::scalar_option<T> keep(1 - settings.learning_rate * options_.weight_decay);
    detail::check_step("SGD", settings.learning_rate, rate, keep);
    const fn::sgd_update<T> rule{keep.held, rate.held, static_cast<T>(options_.momentum)};
    detail::update_values(be, rule, trained, settings, momentum_.view());
  }

  [[nodiscard]] std::array<optimizer_state<B>, 1> state() {
    return {{{"momentum", momentum_.view()}}};
  }

 private:
  using T = typename B::value_type;

  tensor<B, 1> momentum_;
  sgd_options options_;
};

}  // namespace flowkit
