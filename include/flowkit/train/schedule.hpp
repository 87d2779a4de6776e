// Learning rates over the steps of a training run.
#pragma once

#include <flowkit/core/error.hpp>
#include <flowkit/core/platform.hpp>
#include <flowkit/core/scalar_option.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace flowkit {

/// The learning rate of a step; steps are counted from 0.
using learning_rate_schedule = std::function<double(index_t step)>;

/// The same rate at every step.
struct constant_rate {
  double rate = 1e-4;

  double operator()(index_t) const { return rate; }
};

/// Linear warm-up, then half a cosine (Loshchilov and Hutter 2017, without restarts):
///   rate = peak s / warmup                                              for s < warmup,
///   rate = peak max(0, (1 + cos(pi (s - warmup) / (total - warmup))) / 2)    after that,
/// so step 0 has rate 0, unless there is no warm-up. Beyond `total` the cosine would rise again;
/// the rate stays 0 there.
class warmup_cosine {
 public:
  /// Throws invalid_input unless 0 <= warmup < total and the peak is finite and not negative.
  warmup_cosine(double peak, index_t warmup, index_t total)
      : peak_(peak), warmup_(warmup), total_(total) {
    FLOWKIT_VALIDATE(warmup >= 0 && warmup < total, "a warm-up of ", warmup,
                     " steps leaves no step of ", total,
                     " for the cosine; shorten the warm-up or train longer");
    FLOWKIT_VALIDATE(detail::scalar_option<double>(peak).not_negative(),
                     "a warm-up to a learning rate of ", peak,
                     ": the peak must be finite and not negative, such as 1e-4");
  }

  double operator()(index_t step) const {
    if (step < warmup_) return peak_ * static_cast<double>(step) / static_cast<double>(warmup_);
    const double part = static_cast<double>(step - warmup_) / static_cast<double>(total_ - warmup_);
    return peak_ * 0.5 * (1 + std::cos(std::numbers::pi * std::min(part, 1.0)));
  }

 private:
  double peak_;
  index_t warmup_;
  index_t total_;
};

}  // namespace flowkit
