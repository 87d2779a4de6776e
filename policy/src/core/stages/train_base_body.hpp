// The body of train_base; compiled once per backend.
#pragma once

#include "core/stages/documents.hpp"
#include "core/stages/evaluation.hpp"
#include "core/stages/fit.hpp"

#include <flowkit/backend/precision.hpp>
#include <flowkit/policy/data/loader.hpp>
#include <flowkit/policy/stages/train_base.hpp>

namespace flowkit::policy {
namespace detail {

/// Batches of windows, gathered ahead by a thread. Models BatchSource.
template <class B>
class window_source {
 public:
  window_source(const window_set& windows, const policy_manifest& m, index_t batch)
      : windows_(&windows), batch_(batch), batcher_(m) {}

  visuomotor_batch<B> operator()(B& be, index_t number, rng_key key) {
    if (!loader_) {
      loader_ = std::make_unique<background_loader>(windows_->gatherer(),
                                                    epoch_order(windows_->size(), batch_, key));
    }
    return batcher_(be, loader_->batch(number));
  }

 private:
  const window_set* windows_;
  index_t batch_;
  window_batcher<B> batcher_;
  std::unique_ptr<background_loader> loader_;
};

[[nodiscard]] json_value options_of(const train_base_options& o, std::string_view backend);
[[nodiscard]] result_key key_of(const train_base_options& o, std::string_view backend,
                                const std::string& data);
[[nodiscard]] json_value json_of(const train_base_result& r);
[[nodiscard]] train_base_result base_result(const result_folder& place, const json_value& json);
/// The policy to be trained, without weights. Throws invalid_input if options and data do not fit.
[[nodiscard]] policy_manifest base_manifest(const demonstrations& data, const train_base_options& o,
                                            const std::string& hash);

}  // namespace detail

template <NeuralBackend B>
train_base_result train_base(B& be, const demonstrations& data, const train_base_options& o,
                             const std::string& folder, const stage_hooks& hooks) {
  validate(o.fit);
  const std::string data_hash = data.fingerprint();
  const result_folder place(folder, detail::key_of(o, computed_by(be), data_hash));
  if (const auto before = place.finished()) {
    detail::forget_checkpoints(place);
    return detail::base_result(place, *before);
  }
  policy_manifest m = detail::base_manifest(data, o, data_hash);
  m.origin.backend = computed_by(be);
  const detail::window_set train(data, o.data, data_part::training);
  const detail::window_set aside(data, o.data, data_part::validation);
  detail::expect_windows(train, data, o.data);
  detail::expect_batch(o.fit.batch, train.size(), "windows", "train.batch");
  place.check_replaceable();
  const visuomotor_field field(m.specification, m.network);
  const rng_key key{o.seed};
  parameter_store<B> store(be, field.layout(), key.split(0));
  visuomotor_matching<> objective(field, {}, {o.inference.epsilon});
  detail::window_source<B> source(train, m, o.fit.batch);
  detail::held_out_matching<B> held_out(be, field, store, m, aside, o.fit.held_out_windows,
                                        o.fit.batch, key.split(2));
  const bool looks = held_out.size() > 0 && o.fit.held_out_windows > 0;
  detail::fit_run fit(be, field.layout(), store, objective, source, o.fit, key.split(1), place,
                      looks ? std::function<double(const_view_of<B, 1>)>(std::ref(held_out))
                            : std::function<double(const_view_of<B, 1>)>());
  // Not earlier: a network that the memory does not hold must leave the results of before.
  hooks.begins();
  place.begin();
  train_base_result result{.end = fit(hooks), .policy = place / detail::policy_name};
  if (result.end == stage_end::stopped) return result;
  result.fit = fit.summary();
  result.windows = train.size();
  result.held_out_windows = looks ? held_out.size() : 0;
  save_policy(be, result.policy,
              visuomotor_policy<B>(be, m, const_view_of<B, 1>(store.values()), fit.average()));
  place.finish({std::string(detail::policy_name)}, detail::json_of(result));
  detail::forget_checkpoints(place);
  return result;
}

}  // namespace flowkit::policy
