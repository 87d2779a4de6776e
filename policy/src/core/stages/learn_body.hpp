// The body of learn; compiled once per backend.
#pragma once

#include "core/stages/learning.hpp"

#include <chrono>

namespace flowkit::policy {
namespace detail {

/// Runs stage after stage until one is stopped. Every step returns false if it was.
template <class B>
class learning {
 public:
  learning(B& be, const demonstrations& data, const learn_options& o, std::string folder,
           const stage_hooks& hooks)
      : be_(&be), data_(&data), options_(o), folder_(std::move(folder)), hooks_(&hooks) {}

  learn_result operator()(const learning_part& part) {
    validate_learn(options_, part);
    const auto asked = [&](learning_stage s) { return part.first <= s && s <= part.last; };
    if (asked(learning_stage::base) && !base()) return result_;
    if (asked(learning_stage::couple) && !couple_rounds()) return result_;
    if (asked(learning_stage::align) && !align_last()) return result_;
    if (asked(learning_stage::distill)) (void)students();
    return result_;
  }

 private:
  [[nodiscard]] std::string in(std::string_view stage) const { return path_in(folder_, stage); }
  [[nodiscard]] round_files last_round() const { return files_of(folder_, options_.rounds); }

  /// Runs a stage, `run() -> stage_end`, and notes how it ended.
  template <class F>
  bool noted(std::string_view stage, const F& run) {
    const auto begin = std::chrono::steady_clock::now();
    const stage_end end = run();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    note(result_.end, end, first_);
    first_ = false;
    if (hooks_->on_stage) hooks_->on_stage(stage, end, taken.count());
    return end != stage_end::stopped;
  }

  bool base() {
    return noted("base", [&] {
      result_.base = train_base(*be_, *data_, options_.base, in("base"), *hooks_);
      return result_.base.end;
    });
  }

  bool couple_rounds() {
    if (!couple_round(files_of(folder_, 1))) return false;
    return options_.rounds == 1 || (straighten() && couple_round(last_round()));
  }

  bool couple_round(const round_files& files) {
    const bool made = noted(files.couple, [&] {
      result_.couplings.push_back(couple(*be_, files.policy, *data_, options_.base.data,
                                         options_.couple, in(files.couple), *hooks_));
      return result_.couplings.back().end;
    });
    if (!made || !couples_held_out(options_, *data_)) return made;
    return noted(files.held_out, [&] {
      return couple(*be_, files.policy, *data_, options_.base.data, held_out_couple(options_),
                    in(files.held_out), *hooks_)
          .end;
    });
  }

  bool straighten() {
    return noted("straighten", [&] {
      const distill_result r = distill(*be_, inputs(files_of(folder_, 1)), straightening(options_),
                                       in("straighten"), *hooks_);
      result_.straightened = r.policy;
      return r.end;
    });
  }

  bool align_last() {
    const round_files files = last_round();
    return noted("align", [&] {
      result_.alignment =
          align(*be_, files.policy, files.couplings, options_.rule, in("align"), *hooks_);
      return result_.alignment.end;
    });
  }

  bool students() {
    distill_inputs given = inputs(last_round());
    if (options_.reflow_student) {
      if (!student("reflow", given, reflow_student(options_), result_.reflow_student)) return false;
    }
    given.aligned = aligned_in(folder_);
    return student("sefa", given, options_.distill, result_.student);
  }

  bool student(std::string_view stage, const distill_inputs& given, const distill_options& o,
               std::string& path) {
    return noted(stage, [&] {
      const distill_result r = distill(*be_, given, o, in(stage), *hooks_);
      path = r.policy;
      return r.end;
    });
  }

  /// What students of a round read, but for aligned end points.
  [[nodiscard]] distill_inputs inputs(const round_files& files) const {
    distill_inputs out{.policy = files.policy, .couplings = files.couplings};
    if (couples_held_out(options_, *data_)) out.held_out = files.held_out_couplings;
    return out;
  }

  B* be_;
  const demonstrations* data_;
  learn_options options_;
  std::string folder_;
  const stage_hooks* hooks_;
  learn_result result_;
  bool first_ = true;
};

}  // namespace detail

template <NeuralBackend B>
  requires SearchBackend<B> learn_result learn(B& be, const demonstrations& data,
                                               const learn_options& o, const std::string& folder,
                                               const stage_hooks& hooks,
                                               const learning_part& part) {
    return detail::learning<B>(be, data, o, folder, hooks)(part);
  }

}  // namespace flowkit::policy
