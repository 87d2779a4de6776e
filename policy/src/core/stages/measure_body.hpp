// The bodies of the measures; compiled once per backend.
#pragma once

#include "core/stages/couple_body.hpp"
#include "core/stages/documents.hpp"
#include "core/stages/measuring.hpp"

#include <flowkit/policy/stages/measure.hpp>

namespace flowkit::policy {
namespace detail {

/// Chosen windows of a data set with the conditions a policy sees there, and chunks from noise.
template <class B>
class measured_windows {
 public:
  using T = typename B::value_type;

  measured_windows(B& be, const visuomotor_policy<B>& policy, const demonstrations& data,
                   const measure_options& o)
      : be_(&be), policy_(&policy), options_(o), windows_(data, o.data, o.part) {
    validate_measure(policy.manifest(), data, o, windows_.size());
    rows_ = windows_.spread(o.windows);
  }

  [[nodiscard]] index_t size() const { return static_cast<index_t>(rows_.size()); }
  [[nodiscard]] index_t samples() const { return size() * options_.noises; }
  [[nodiscard]] const policy_manifest& manifest() const { return policy_->manifest(); }

  /// The experts' chunks [size, d] in physical units, from the field asked for.
  [[nodiscard]] std::vector<float> experts(const demonstrations& data) const {
    return expert_chunks(data, options_, windows_.index(), rows_);
  }

  /// Notes where the windows lie.
  void locate(chunk_distance& d) const {
    for (const row_t row : rows_) {
      const window w = windows_.index()[row];
      d.episode.push_back(w.episode);
      d.offset.push_back(w.first + options_.data.observe - 1);
    }
  }

  /// Calls use(first sample, noise, conditions) for blocks of samples; a window's samples are
  /// neighbours. `noise` may be overwritten.
  template <class F>
  void each_block(weight_set weights, const F& use) {
    window_encoder<B> encode(*be_, *policy_, windows_, weights);
    encode(rows_, [&](index_t first, const visuomotor_batch<B>&, const_view_of<B, 2> c) {
      const index_t n = c.shape()[0] * options_.noises;
      tensor<B, 2> x(*be_, extents{n, manifest().specification.chunk_size()});
      tensor<B, 2> conditions(*be_, extents{n, c.shape()[1]});
      std::vector<row_t> of(static_cast<std::size_t>(n));
      for (index_t i = 0; i < n; ++i) {
        const rng_key key = rng_key{options_.seed}.split(static_cast<std::uint64_t>(
            rows_[static_cast<std::size_t>(first + i / options_.noises)]));
        be_->normal(rows(x.view(), i, 1),
                    key.split(static_cast<std::uint64_t>(i % options_.noises)));
        of[static_cast<std::size_t>(i)] = static_cast<row_t>(i / options_.noises);
      }
      tensor<B, 1, row_t> chosen(*be_, extents<1>{n});
      be_->upload(chosen.view(), std::span<const row_t>(of));
      be_->gather_rows(c, std::as_const(chosen).view(), conditions.view());
      use(first * options_.noises, x.view(), std::as_const(conditions).view());
    });
  }

  /// Chunks of all samples [samples, d] in physical units, and the evaluations of each on average.
  std::vector<float> chunks_by(const inference_options& inference, double& evaluations) {
    std::vector<float> out;
    index_t cost = 0;
    each_block(inference.weights, [&](index_t, view_of<B, 2> x, const_view_of<B, 2> c) {
      chunk_sampler<B> sampler(*be_, policy_->field().velocity(),
                               policy_->weights(inference.weights), c);
      sampler(*be_, inference, x);
      cost += sampler.evaluations();
      const std::vector<float> values = host_floats<B>(*be_, x);
      out.insert(out.end(), values.begin(), values.end());
    });
    evaluations = static_cast<double>(cost) / static_cast<double>(samples());
    return physical_actions(manifest().normalizers.action, out);
  }

 private:
  B* be_;
  const visuomotor_policy<B>* policy_;
  measure_options options_;
  window_set windows_;
  std::vector<row_t> rows_;
};

/// Adds one Euler trajectory's part of the straightness: needs the states at all grid points.
template <class B>
void add_curvature(B& be, chunk_path& sums, const visuomotor_policy<B>& policy, view_of<B, 2> x,
                   const_view_of<B, 2> c, index_t steps) {
  workspace<B> ws(be);
  const inference_options& inference = policy.manifest().inference;
  conditioned<network_field<unet1d, B>, B> field(
      be,
      network_field<unet1d, B>(policy.field().velocity(), policy.weights(inference.weights), ws),
      c);
  std::vector<std::vector<float>> path;
  integrate(be, euler{}, field, x, sampler_grid(steps, inference.epsilon), ws,
            [&](B&, const_view_of<B, 1>, const_view_of<B, 2> at) {
              path.push_back(host_floats<B>(be, at));
            });
  sums.add(path);
}

}  // namespace detail

template <NeuralBackend B>
chunk_distance expert_distance(B& be, const visuomotor_policy<B>& policy,
                               const demonstrations& data, const measure_options& o,
                               const std::optional<inference_options>& inference) {
  detail::measured_windows<B> windows(be, policy, data, o);
  chunk_distance d{.inference = inference ? *inference : policy.manifest().inference,
                   .windows = windows.size()};
  validate(d.inference);
  const std::vector<float> chunks = windows.chunks_by(d.inference, d.evaluations);
  detail::fill_distances(d, policy.manifest().specification, windows.experts(data), chunks,
                         o.noises);
  windows.locate(d);
  return d;
}

template <NeuralBackend B>
flow_straightness straightness(B& be, const visuomotor_policy<B>& policy,
                               const demonstrations& data, const measure_options& o,
                               index_t steps) {
  detail::measured_windows<B> windows(be, policy, data, o);
  detail::chunk_path sums(steps);
  windows.each_block(policy.manifest().inference.weights,
                     [&](index_t, view_of<B, 2> x, const_view_of<B, 2> c) {
                       detail::add_curvature<B>(be, sums, policy, x, c, steps);
                     });
  return sums.result(windows.samples());
}

template <NeuralBackend B>
std::vector<solver_error> solver_errors(B& be, const visuomotor_policy<B>& policy,
                                        const demonstrations& data, const measure_options& o,
                                        std::span<const inference_options> settings) {
  detail::measured_windows<B> windows(be, policy, data, o);
  std::optional<weight_set> solved;
  std::vector<float> tight;
  std::vector<solver_error> out;
  for (const inference_options& s : settings) {
    validate(s);
    double unused = 0;
    if (solved != s.weights) {
      tight = windows.chunks_by(detail::tight_solver(s), unused);
      solved = s.weights;
    }
    solver_error e{.inference = s};
    const std::vector<float> chunks = windows.chunks_by(s, e.evaluations);
    detail::fill_error(e, policy.manifest().specification, tight, chunks);
    out.push_back(e);
  }
  return out;
}

}  // namespace flowkit::policy
