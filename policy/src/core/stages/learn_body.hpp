// The body of learn; compiled once per backend.
#pragma once

#include "core/stages/learning.hpp"

namespace flowkit::policy {
namespace detail {

/// Runs stage after stage until one is stopped.
template <class B>
class learning {
 public:
  learning(B& be, const demonstrations& data, const learn_options& o, std::string folder,
           const stage_hooks& hooks)
      : be_(&be), data_(&data), options_(o), folder_(std::move(folder)), hooks_(&hooks) {}

  learn_result operator()() {
    validate_learn(options_);
    if (!noted([&] {
          result_.base = train_base(*be_, *data_, options_.base, in("base"), *hooks_);
          return result_.base.end;
        })) {
      return result_;
    }
    std::string policy = result_.base.policy;
    if (!couple_round(policy, "")) return result_;
    if (options_.rounds == 2) {
      if (!straighten(policy)) return result_;
      policy = result_.straightened;
      if (!couple_round(policy, "_2")) return result_;
    }
    if (!align_round(policy)) return result_;
    (void)students(policy);
    return result_;
  }

 private:
  [[nodiscard]] std::string in(std::string_view stage) const { return path_in(folder_, stage); }

  /// Runs a stage and notes how it ended; false if it was stopped.
  template <class F>
  bool noted(const F& run) {
    const stage_end end = run();
    note(result_.end, end, first_);
    first_ = false;
    return end != stage_end::stopped;
  }

  bool couple_round(const std::string& policy, const std::string& suffix) {
    const bool made = noted([&] {
      result_.couplings.push_back(couple(*be_, policy, *data_, options_.base.data, options_.couple,
                                         in("couple" + suffix), *hooks_));
      return result_.couplings.back().end;
    });
    held_out_.clear();
    if (!made || !couples_held_out(options_, result_.base)) return made;
    return noted([&] {
      const couple_result aside =
          couple(*be_, policy, *data_, options_.base.data, held_out_couple(options_),
                 in("held_out" + suffix), *hooks_);
      held_out_ = aside.couplings;
      return aside.end;
    });
  }

  bool straighten(const std::string& policy) {
    return noted([&] {
      const distill_result r =
          distill(*be_, inputs(policy, ""), straightening(options_), in("straighten"), *hooks_);
      result_.straightened = r.policy;
      return r.end;
    });
  }

  bool align_round(const std::string& policy) {
    return noted([&] {
      result_.alignment = align(*be_, policy, result_.couplings.back().couplings, options_.rule,
                                in("align"), *hooks_);
      return result_.alignment.end;
    });
  }

  bool students(const std::string& policy) {
    const bool made = noted([&] {
      const distill_result r = distill(*be_, inputs(policy, result_.alignment.aligned),
                                       options_.distill, in("sefa"), *hooks_);
      result_.student = r.policy;
      return r.end;
    });
    if (!made || !options_.reflow_student) return made;
    return noted([&] {
      const distill_result r =
          distill(*be_, inputs(policy, ""), reflow_student(options_), in("reflow"), *hooks_);
      result_.reflow_student = r.policy;
      return r.end;
    });
  }

  [[nodiscard]] distill_inputs inputs(const std::string& policy, const std::string& aligned) const {
    return {.policy = policy,
            .couplings = result_.couplings.back().couplings,
            .aligned = aligned,
            .held_out = held_out_};
  }

  B* be_;
  const demonstrations* data_;
  learn_options options_;
  std::string folder_;
  const stage_hooks* hooks_;
  learn_result result_;
  std::string held_out_;
  bool first_ = true;
};

}  // namespace detail

template <NeuralBackend B>
  requires SearchBackend<B> learn_result learn(B& be, const demonstrations& data,
                                               const learn_options& o, const std::string& folder,
                                               const stage_hooks& hooks) {
    return detail::learning<B>(be, data, o, folder, hooks)();
  }

}  // namespace flowkit::policy
