// The body of align; compiled once per backend.
#pragma once

#include "core/stages/alignment_json.hpp"
#include "core/stages/mode_classes.hpp"
#include "core/stages/stage_files.hpp"

#include <flowkit/backend/precision.hpp>
#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/stages/align.hpp>

#include <chrono>

namespace flowkit::policy {
namespace detail {

/// Checks that couplings belong to a policy; returns the policy's normalizer of actions.
[[nodiscard]] normalizer<action_kind> action_normalizer(const policy_file& policy,
                                                        const couplings_file& couplings);
[[nodiscard]] json_value options_of(const alignment_rule& rule, std::string_view backend);
[[nodiscard]] result_key key_of(const alignment_rule& rule, std::string_view backend,
                                const std::string& couplings);

/// A matrix of file numbers, converted and copied to a backend.
template <class B>
tensor<B, 2> upload_matrix(B& be, std::span<const float> values, index_t columns) {
  using T = typename B::value_type;
  const index_t rows = static_cast<index_t>(values.size()) / std::max<index_t>(columns, 1);
  tensor<B, 2> out(be, extents{rows, columns});
  const std::vector<T> converted(values.begin(), values.end());
  be.upload(flatten(out.view()), std::span<const T>(converted));
  be.synchronize();  // the host copy ends here
  return out;
}

/// The couplings of a file on a backend, chunks in physical units.
template <class B>
class physical_couplings {
 public:
  using T = typename B::value_type;

  physical_couplings(B& be, const normalizer<action_kind>& actions, const couplings_file& file)
      : be_(&be),
        actions_(&actions),
        numbers_(file.numbers()),
        steps_(file.header().specification.horizon),
        generated_host_(physical_actions(actions, numbers_.end_points)),
        experts_host_(physical_actions(actions, numbers_.experts)),
        generated_(upload_matrix(be, generated_host_, numbers_.chunk)),
        experts_(upload_matrix(be, experts_host_, numbers_.chunk)),
        features_(upload_matrix(be, numbers_.conditions, numbers_.condition)),
        conditions_(be, extents{numbers_.size(), numbers_.condition}),
        aligned_(be, generated_.shape()),
        window_(be, extents<1>{numbers_.size()}),
        ws_(be) {
    be.upload(window_.view(), numbers_.window);
    be.gather_rows(std::as_const(features_).view(), std::as_const(window_).view(),
                   conditions_.view());
  }
  physical_couplings(const physical_couplings&) = delete;
  physical_couplings& operator=(const physical_couplings&) = delete;

  /// Applies the operator; the end points it leaves stay here.
  alignment_report apply(const alignment_rule& rule) {
    const const_view_of<B, 2> x1 = std::as_const(generated_).view();
    const coupling_view<B> couplings{x1, x1, std::as_const(conditions_).view(),
                                     std::as_const(window_).view()};
    const expert_index<B> index{std::as_const(experts_).view(), std::as_const(features_).view(),
                                steps_, numbers_.episode, numbers_.offset};
    ws_.rewind();
    return std::visit(
        [&](const auto& a) { return a(*be_, couplings, index, aligned_.view(), ws_); }, rule);
  }

  /// Everything there is to say about the last operator.
  alignment_summary summary(const alignment_rule& rule, const alignment_report& report) {
    alignment_summary s = summary_of(report);
    s.rule = name_of(rule);
    s.settings = json_of(rule);
    if (!has_modes(numbers_)) return s;
    const std::vector<float> after = aligned_host();
    s.modes = balance_of(numbers_, {experts_host_, generated_host_, after, steps_}, near());
    return s;
  }

  /// The end points of the last operator, normalised. Kept pairs have the bits they had, and a pair
  /// that was replaced as a whole has those of the expert.
  std::vector<float> normalised_end_points(const std::vector<alignment_decision>& decisions) {
    const std::vector<float> after = aligned_host();
    std::vector<float> out(numbers_.end_points.begin(), numbers_.end_points.end());
    const auto size = static_cast<std::size_t>(numbers_.chunk);
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      if (decisions[i].reason != alignment_reason::replaced) continue;
      const auto row = static_cast<std::size_t>(decisions[i].window);
      const auto moved = std::span(after).subspan(i * size, size);
      const auto expert = std::span(experts_host_).subspan(row * size, size);
      const auto to = std::span(out).subspan(i * size, size);
      if (std::equal(moved.begin(), moved.end(), expert.begin())) {
        const auto normal = numbers_.experts.subspan(row * size, size);
        std::copy(normal.begin(), normal.end(), to.begin());
      } else {
        normalise(moved, to);
      }
    }
    return out;
  }

 private:
  static constexpr index_t near_count = 128;

  void normalise(std::span<const float> from, std::span<float> to) const {
    const extents<2> shape{1, numbers_.chunk};
    using const_matrix = view<const float, 2, host_space>;
    using matrix = view<float, 2, host_space>;
    actions_->normalize(chunks<physical, const float>(const_matrix(from.data(), shape)),
                        chunks<normalized, float>(matrix(to.data(), shape)));
  }

  std::vector<float> aligned_host() {
    std::vector<T> values(static_cast<std::size_t>(aligned_.size()));
    be_->download(std::span<T>(values), flatten(std::as_const(aligned_).view()));
    return {values.begin(), values.end()};
  }

  /// The windows nearest in observation to those of the pairs, found once.
  const nearest_windows& near() {
    if (near_.count > 0) return near_;
    ws_.rewind();
    near_.count = std::min<index_t>(numbers_.windows(), near_count);
    near_.windows = windows_of_pairs(numbers_);
    const auto asked = static_cast<index_t>(near_.windows.size());
    const const_view_of<B, 2> features = std::as_const(features_).view();
    const view_of<B, 1, row_t> windows = ws_.template take<1, row_t>(extents<1>{asked});
    const view_of<B, 2> observations = ws_.take(extents<2>{asked, numbers_.condition});
    const extents<2> shape{asked, near_.count};
    const view_of<B, 2, row_t> rows = ws_.template take<2, row_t>(shape);
    be_->upload(windows, std::span<const row_t>(near_.windows));
    be_->gather_rows(features, windows, observations);
    be_->nearest(observations, features, rows, ws_.take(shape));
    near_.lists = flowkit::detail::fetch<B, row_t>(*be_, flatten(rows));
    return near_;
  }

  B* be_;
  const normalizer<action_kind>* actions_;
  couplings_view numbers_;
  index_t steps_;
  std::vector<float> generated_host_;
  std::vector<float> experts_host_;
  tensor<B, 2> generated_;
  tensor<B, 2> experts_;
  tensor<B, 2> features_;
  tensor<B, 2> conditions_;
  tensor<B, 2> aligned_;
  tensor<B, 1, row_t> window_;
  workspace<B> ws_;
  nearest_windows near_;
};

}  // namespace detail

template <SearchBackend B>
align_result align(B& be, const std::string& policy, const std::string& couplings,
                   const alignment_rule& rule, const std::string& folder,
                   const stage_hooks& hooks) {
  const auto start = std::chrono::steady_clock::now();
  const std::string hash = sha256_of_file(couplings);
  const result_folder place(folder, detail::key_of(rule, computed_by(be), hash));
  align_result result{.aligned = place / detail::aligned_name};
  if (const auto before = place.finished()) {
    result.end = stage_end::unchanged;
    result.summary = summary_from_json(*before);
    return result;
  }
  if (hooks.stop_requested()) {
    result.end = stage_end::stopped;
    return result;
  }
  const couplings_file file(couplings);
  const normalizer<action_kind> actions = detail::action_normalizer(policy_file(policy), file);
  place.check_replaceable();
  hooks.begins();
  place.begin();
  detail::physical_couplings<B> pairs(be, actions, file);
  const alignment_report report = pairs.apply(rule);
  result.summary = pairs.summary(rule, report);
  detail::write_alignment(result.aligned, hash, json_of(rule),
                          pairs.normalised_end_points(report.decisions), report.decisions);
  const json_value summary = json_of(result.summary);
  write_text_file(place / detail::report_name, to_json(summary, json_style::indented) + "\n");
  place.finish({std::string(detail::aligned_name), std::string(detail::report_name)}, summary);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

template <SearchBackend B>
std::vector<alignment_summary> sweep_alignment(B& be, const std::string& policy,
                                               const std::string& couplings,
                                               std::span<const alignment_rule> rules,
                                               const stage_hooks& hooks) {
  const couplings_file file(couplings);
  const normalizer<action_kind> actions = detail::action_normalizer(policy_file(policy), file);
  detail::physical_couplings<B> pairs(be, actions, file);
  std::vector<alignment_summary> out;
  for (const alignment_rule& rule : rules) {
    if (hooks.stop_requested()) break;
    out.push_back(pairs.summary(rule, pairs.apply(rule)));
    if (hooks.on_progress) {
      hooks.on_progress(static_cast<index_t>(out.size()), static_cast<index_t>(rules.size()));
    }
  }
  return out;
}

}  // namespace flowkit::policy
