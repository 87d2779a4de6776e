// The body of distill; compiled once per backend.
#pragma once

#include "core/stages/align_body.hpp"
#include "core/stages/documents.hpp"
#include "core/stages/evaluation.hpp"
#include "core/stages/fit.hpp"

#include <flowkit/objective/distillation.hpp>
#include <flowkit/policy/data/order.hpp>
#include <flowkit/policy/stages/distill.hpp>

namespace flowkit::policy {
namespace detail {

/// What distill reads, open and checked against each other.
struct distill_files {
  explicit distill_files(const distill_inputs& in);

  policy_file policy;
  couplings_file couplings;
  std::optional<alignment_file> aligned;
  std::optional<couplings_file> held_out;
  std::map<std::string, std::string> hashes;  ///< by role

  [[nodiscard]] std::span<const float> end_points() const {
    return aligned ? aligned->end_points() : couplings.numbers().end_points;
  }
};

[[nodiscard]] json_value options_of(const distill_options& o, std::string_view backend);
[[nodiscard]] result_key key_of(const distill_options& o, std::string_view backend,
                                const distill_files& files);
/// The manifest of the student.
[[nodiscard]] policy_manifest student_manifest(const distill_files& files,
                                               const distill_options& o);
/// Throws file_error unless all numbers are finite.
void expect_finite(std::span<const float> values, const std::string& path, std::string_view what);

/// Couplings in the memory of a backend; conditions by window.
template <class B>
class coupling_rows {
 public:
  coupling_rows(B& be, const couplings_view& v, std::span<const float> end_points)
      : noise_(upload_matrix(be, v.noise, v.chunk)),
        end_points_(upload_matrix(be, end_points, v.chunk)),
        conditions_(upload_matrix(be, v.conditions, v.condition)),
        window_(v.window.begin(), v.window.end()) {}

  [[nodiscard]] index_t size() const { return static_cast<index_t>(window_.size()); }

  /// These rows as a batch, valid until the next call.
  training_batch<B> batch(B& be, std::span<const row_t> chosen) {
    const auto n = static_cast<index_t>(chosen.size());
    windows_.resize(chosen.size());
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      windows_[i] = window_[static_cast<std::size_t>(chosen[i])];
    }
    if (rows_.size() != n) fit(be, n);
    be.upload(rows_.view(), chosen);
    gather(be, noise_, x0_);
    gather(be, end_points_, x1_);
    be.upload(rows_.view(), std::span<const row_t>(windows_));
    gather(be, conditions_, c_);
    return {.x1 = std::as_const(x1_).view(),
            .x0 = std::as_const(x0_).view(),
            .condition = std::as_const(c_).view()};
  }

 private:
  void fit(B& be, index_t n) {
    rows_ = tensor<B, 1, row_t>(be, extents<1>{n});
    x0_ = tensor<B, 2>(be, extents{n, noise_.shape()[1]});
    x1_ = tensor<B, 2>(be, extents{n, noise_.shape()[1]});
    c_ = tensor<B, 2>(be, extents{n, conditions_.shape()[1]});
  }
  void gather(B& be, const tensor<B, 2>& from, tensor<B, 2>& to) {
    be.gather_rows(from.view(), std::as_const(rows_).view(), to.view());
  }

  tensor<B, 2> noise_;
  tensor<B, 2> end_points_;
  tensor<B, 2> conditions_;
  std::vector<row_t> window_;
  std::vector<row_t> windows_;
  tensor<B, 1, row_t> rows_;
  tensor<B, 2> x0_;
  tensor<B, 2> x1_;
  tensor<B, 2> c_;
};

/// Batches of couplings, every epoch in a new order. Models BatchSource.
template <class B>
class coupling_source {
 public:
  coupling_source(coupling_rows<B>& rows, index_t batch) : rows_(&rows), batch_(batch) {}

  training_batch<B> operator()(B& be, index_t number, rng_key key) {
    if (!order_) order_.emplace(rows_->size(), batch_, key);
    return rows_->batch(be, order_->batch(number));
  }

 private:
  coupling_rows<B>* rows_;
  index_t batch_;
  std::optional<epoch_order> order_;
};

/// Error of a velocity on couplings that are not trained on, at times that never change.
template <class B, class Times>
class held_out_regression {
 public:
  held_out_regression(B& be, const unet1d& velocity, const parameter_store<B>& store,
                      coupling_rows<B>& rows, const fit_options& o, Times times, rng_key key)
      : be_(&be),
        velocity_(&velocity),
        store_(&store),
        rows_(&rows),
        chosen_(spread_rows(rows.size(), o.held_out_windows)),
        batch_(o.batch),
        times_(times),
        key_(key),
        ws_(be) {}

  /// Synchronises.
  double operator()(const_view_of<B, 1> weights) {
    const auto all = static_cast<index_t>(chosen_.size());
    double total = 0;
    for (index_t first = 0; first < all; first += batch_) {
      const index_t count = std::min(batch_, all - first);
      const auto rows = std::span<const row_t>(chosen_).subspan(static_cast<std::size_t>(first),
                                                                static_cast<std::size_t>(count));
      ws_.rewind();
      const view_of<B, 1> t = ws_.take(extents<1>{count});
      times_.draw(*be_, t, key_.split(static_cast<std::uint64_t>(first)));
      total += static_cast<double>(count) *
               velocity_error(*be_, *velocity_, store_->view_with(weights),
                              rows_->batch(*be_, rows), const_view_of<B, 1>(t), ws_);
    }
    return total / static_cast<double>(all);
  }

 private:
  B* be_;
  const unet1d* velocity_;
  const parameter_store<B>* store_;
  coupling_rows<B>* rows_;
  std::vector<row_t> chosen_;
  index_t batch_;
  Times times_;
  rng_key key_;
  workspace<B> ws_;
};

/// A weight set of a whole policy: the encoder of `from`, the velocity as given.
template <class B>
tensor<B, 1> with_velocity(B& be, const visuomotor_field& field, const_view_of<B, 1> from,
                           const_view_of<B, 1> velocity) {
  tensor<B, 1> out(be, extents<1>{field.layout().size()});
  be.copy(out.view(), from);
  be.copy(field.velocity_part(out.view()), velocity);
  return out;
}

/// Trains the velocity alone with this objective and writes the student.
template <class B, class Objective, class Times>
distill_result distill_with(B& be, const distill_files& files, const distill_options& o,
                            const result_folder& place, Objective&& objective, Times times,
                            const stage_hooks& hooks) {
  const visuomotor_policy<B> base = load_policy(be, files.policy);
  const visuomotor_field& field = base.field();
  const rng_key key{o.seed};
  parameter_store<B> store(be, field.velocity_layout(), key.split(0));
  be.copy(store.values(), field.velocity_part(base.values(o.start)));
  coupling_rows<B> rows(be, files.couplings.numbers(), files.end_points());
  coupling_source<B> source(rows, o.fit.batch);
  std::optional<coupling_rows<B>> aside;
  std::optional<held_out_regression<B, Times>> held_out;
  std::function<double(const_view_of<B, 1>)> loss;
  if (files.held_out && o.fit.held_out_windows > 0) {
    aside.emplace(be, files.held_out->numbers(), files.held_out->numbers().end_points);
    held_out.emplace(be, field.velocity_alone(), store, *aside, o.fit, times, key.split(2));
    loss = std::ref(*held_out);
  }
  fit_run fit(be, field.velocity_layout(), store, objective, source, o.fit, key.split(1), place,
              loss);
  // Not earlier: what the memory does not hold must leave the results of before.
  hooks.begins();
  place.begin();
  distill_result result{.end = fit(hooks), .policy = place / policy_name};
  if (result.end == stage_end::stopped) return result;
  result.fit = fit.summary();
  const const_view_of<B, 1> encoder = base.values(files.couplings.header().solver.weights);
  const tensor<B, 1> raw = with_velocity<B>(be, field, encoder, store.values());
  const tensor<B, 1> average = with_velocity<B>(be, field, encoder, fit.average());
  policy_manifest m = student_manifest(files, o);
  m.origin.backend = computed_by(be);
  save_policy(be, result.policy, visuomotor_policy<B>(be, m, raw.view(), average.view()));
  place.finish({std::string(policy_name)}, json_object{{"fit", json_of(result.fit)}});
  forget_checkpoints(place);
  return result;
}

}  // namespace detail

template <NeuralBackend B>
distill_result distill(B& be, const distill_inputs& inputs, const distill_options& o,
                       const std::string& folder, const stage_hooks& hooks) {
  validate(o.fit);
  const detail::distill_files files(inputs);
  const result_folder place(folder, detail::key_of(o, computed_by(be), files));
  if (const auto before = place.finished()) {
    detail::forget_checkpoints(place);
    return {.end = stage_end::unchanged,
            .policy = place / detail::policy_name,
            .fit = detail::fit_from(before->at("fit"))};
  }
  detail::expect_batch(o.fit.batch, files.couplings.numbers().size(), "couplings", "distill.batch");
  place.check_replaceable();
  const double epsilon = files.policy.manifest().inference.epsilon;
  const visuomotor_field field(files.policy.manifest().specification,
                               files.policy.manifest().network);
  if (o.times == distill_times::epsilon) {
    const fixed_time at{epsilon};
    return detail::distill_with(be, files, o, place, distillation(field.velocity_alone(), at), at,
                                hooks);
  }
  const uniform_time times{epsilon};
  flow_matching<unet1d> objective(field.velocity_alone(), {}, {}, times);
  return detail::distill_with(be, files, o, place, objective, times, hooks);
}

}  // namespace flowkit::policy
