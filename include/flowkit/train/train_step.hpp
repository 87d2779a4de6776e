// One step of training: objective, clipping, optimiser and average, without a host round trip.
#pragma once

#include <flowkit/backend/device_scalar.hpp>
#include <flowkit/backend/single_launch.hpp>
#include <flowkit/objective/concepts.hpp>
#include <flowkit/train/clipping.hpp>
#include <flowkit/train/ema.hpp>
#include <flowkit/train/optimizer.hpp>
#include <flowkit/train/schedule.hpp>

#include <limits>
#include <optional>

namespace flowkit {

/// Settings of train_step.
struct train_step_options {
  learning_rate_schedule learning_rate = constant_rate{};
  double clip_norm = std::numeric_limits<double>::infinity();  ///< largest norm of the gradients
};

/// Trains the values of a parameter store: `step(batch, key)` evaluates the objective, clips the
/// gradients and updates values, moments and average in one pass. Refers to what it is given, which
/// must outlive it; owns the scratch memory. After the first steps a call neither allocates nor
/// synchronises, and is one launch on backends that record (CUDA graphs), as long as its objective
/// does not meet the host.
template <class B, class O, Optimizer<B> Opt>
class train_step {
 public:
  /// Allocates. Throws invalid_input for a clip_norm that is not positive and for parts of
  /// different layouts.
  train_step(B& be, O& objective, parameter_store<B>& store, Opt& optimizer,
             train_step_options options = {})
      : train_step(be, objective, store, optimizer, nullptr, std::move(options)) {}

  /// Also keeps an average of the values.
  train_step(B& be, O& objective, parameter_store<B>& store, Opt& optimizer,
             moving_average<B>& average, train_step_options options = {})
      : train_step(be, objective, store, optimizer, &average, std::move(options)) {}

  /// One step; returns the loss before it, which stays valid until the next step. Throws
  /// invalid_input where the schedule gives a learning rate that is negative or not finite, also if
  /// only so in the backend's scalar.
  template <class Batch>
  const_view_of<B, 0> operator()(const Batch& batch, rng_key key) {
    static_assert(Objective<O, B, Batch>, "the objective takes batches of another type");
    const detail::scalar_option<T> rate(options_.learning_rate(count_));
    FLOWKIT_VALIDATE(rate.not_negative(), "the schedule gives step ", count_,
                     " a learning rate of ", rate,
                     ": it must be finite and not negative; look at its settings");
    learning_rate_ = rate.given;
    launch_([&] {
      scratch_.rewind();
      be_->copy(loss_.view(), (*objective_)(*be_, store_->view(), batch, key, scratch_));
      update();
    });
    ++count_;
    return std::as_const(loss_).view();
  }

  /// Steps of this object that were one launch; see single_launch.
  [[nodiscard]] index_t launches() const { return launch_.launches(); }
  /// Steps taken.
  [[nodiscard]] index_t count() const { return count_; }
  /// Continues schedule, moments and average as if `count` steps had been taken.
  void resume_at(index_t count) { count_ = count; }
  /// Learning rate of the last step.
  [[nodiscard]] double learning_rate() const { return learning_rate_; }
  /// Loss of the last step. Synchronises.
  [[nodiscard]] double loss() const { return static_cast<double>(loss_.read()); }
  /// Norm of the last step's gradients before clipping; nothing if they are not clipped.
  /// Synchronises.
  [[nodiscard]] std::optional<double> gradient_norm() const {
    if (!clips()) return std::nullopt;
    return std::sqrt(static_cast<double>(squared_norm_.read()));
  }

  /// All flat tensors that training changes, except the gradients, which are zero between steps.
  [[nodiscard]] std::vector<named_values<B>> state() {
    std::vector<named_values<B>> out{{"values", store_->values()}};
    if (average_ != nullptr) out.push_back({"average", average_->values()});
    for (const optimizer_state<B>& s : optimizer_->state()) {
      out.push_back({text("optimizer.", s.name), s.values});
    }
    return out;
  }

 private:
  using T = typename B::value_type;

  train_step(B& be, O& objective, parameter_store<B>& store, Opt& optimizer,
             moving_average<B>* average, train_step_options options)
      : be_(&be),
        objective_(&objective),
        store_(&store),
        optimizer_(&optimizer),
        average_(average),
        options_(std::move(options)),
        scratch_(be),
        launch_(be),
        loss_(be),
        squared_norm_(be),
        factor_(be) {
    const detail::scalar_option<T> clip_norm(options_.clip_norm);
    FLOWKIT_VALIDATE(clip_norm.held > 0, "a clip_norm of ", clip_norm,
                     " removes or reverses every gradient; give a positive norm, or leave it out "
                     "to keep gradients as they are");
    for (const named_values<B>& part : state()) validate_size(part);
    be.fill(factor_.view(), T(1));
  }

  /// All parts are passed over together, so one of another size would be read or written beyond its
  /// end.
  void validate_size(const named_values<B>& part) const {
    FLOWKIT_VALIDATE(part.values.size() == store_->values().size(), "'", part.role,
                     "' of a training step has ", part.values.size(),
                     " numbers, but its store has ", store_->values().size(),
                     ": they were made from different layouts; build the layers first, then make "
                     "the store, the optimiser and the average from that layout");
  }

  /// From gradients to values, moments and average.
  void update() {
    if (clips()) {
      clip_factor(*be_, store_->gradients(), options_.clip_norm, squared_norm_.view(),
                  factor_.view());
    }
    step_settings<B> settings{learning_rate_, count_, std::as_const(factor_).view()};
    if (average_ != nullptr) settings.average = average_->rule(count_);
    optimizer_->step(*be_, trained(), settings);
  }

  [[nodiscard]] bool clips() const { return std::isfinite(options_.clip_norm); }

  [[nodiscard]] trained_values<B> trained() {
    if (average_ == nullptr) return {store_->values(), store_->gradients()};
    return {store_->values(), store_->gradients(), average_->values()};
  }

  B* be_;
  O* objective_;
  parameter_store<B>* store_;
  Opt* optimizer_;
  moving_average<B>* average_;
  train_step_options options_;
  workspace<B> scratch_;
  single_launch<B> launch_;
  device_scalar<B> loss_;
  device_scalar<B> squared_norm_;
  device_scalar<B> factor_;
  index_t count_ = 0;
  double learning_rate_ = 0;
};

}  // namespace flowkit
