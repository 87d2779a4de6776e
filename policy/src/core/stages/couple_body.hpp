// The body of couple; compiled once per backend.
#pragma once

#include "core/stages/coupling_parts.hpp"
#include "core/stages/evaluation.hpp"

#include <flowkit/backend/hold.hpp>
#include <flowkit/backend/precision.hpp>
#include <flowkit/io/sha256.hpp>
#include <flowkit/policy/sampler.hpp>
#include <flowkit/policy/stages/couple.hpp>

#include <chrono>
#include <numeric>

namespace flowkit::policy {
namespace detail {

/// Conditions of windows, encoded piece by piece. Holds the weights of the policy while it lives.
template <class B>
class window_encoder {
 public:
  using T = typename B::value_type;
  static constexpr index_t together = 32;  // frames of a full encoder fill the caches long before

  window_encoder(B& be, const visuomotor_policy<B>& policy, const window_set& windows,
                 weight_set weights)
      : be_(&be),
        policy_(&policy),
        windows_(&windows),
        weights_(policy.weights(weights)),
        held_(hold(be, policy.values(weights))),
        batcher_(policy.manifest()),
        ws_(be) {}

  /// Calls use(first, samples, conditions) for pieces of `rows` under central crops.
  template <class F>
  void operator()(std::span<const row_t> rows, const F& use) {
    const auto count = static_cast<index_t>(rows.size());
    for (index_t first = 0; first < count; first += together) {
      const auto piece = rows.subspan(static_cast<std::size_t>(first),
                                      static_cast<std::size_t>(std::min(together, count - first)));
      windows_->gatherer().gather(piece, crop_place::centre, rng_key{}, raw_);
      const visuomotor_batch<B> samples = batcher_(*be_, raw_);
      ws_.rewind();
      use(first, samples, encode(samples));
    }
  }

 private:
  const_view_of<B, 2> encode(const visuomotor_batch<B>& samples) {
    saved_of<observation_encoder, B> unused;
    return policy_->field().encoder().forward(*be_, weights_, samples.observations, ws_, unused);
  }

  B* be_;
  const visuomotor_policy<B>* policy_;
  const window_set* windows_;
  parameters<B> weights_;
  held_by<B> held_;
  window_batch raw_;
  window_batcher<B> batcher_;
  workspace<B> ws_;
};

/// A matrix on the host as float.
template <class B>
std::vector<float> host_floats(B& be, const_view_of<B, 2> x) {
  using T = typename B::value_type;
  std::vector<T> values(static_cast<std::size_t>(x.size()));
  be.download(std::span<T>(values), flatten(x));
  return {values.begin(), values.end()};
}

/// Makes the couplings of one block of windows after the other.
template <class B>
class coupler {
 public:
  coupler(B& be, const visuomotor_policy<B>& policy, const window_set& windows,
          const couple_options& o)
      : be_(&be),
        policy_(&policy),
        windows_(&windows),
        options_(o),
        encoder_(be, policy, windows, o.solver.weights),
        chosen_(windows.spread(o.windows)) {}

  /// All experts of the windows first .. first + count - 1, and couplings of the chosen ones.
  coupling_part operator()(index_t first, index_t count) {
    coupling_part part = experts(first, count);
    std::vector<row_t> local;
    for (auto w = std::lower_bound(chosen_.begin(), chosen_.end(), first);
         w != chosen_.end() && *w < first + count; ++w) {
      local.insert(local.end(), static_cast<std::size_t>(options_.noises),
                   static_cast<row_t>(*w - first));
    }
    if (!local.empty()) integrate_all(part, first, local);
    return part;
  }

  /// How many of the first windows are coupled; of the others only the experts are kept.
  [[nodiscard]] index_t coupled(index_t windows) const {
    const auto end = static_cast<row_t>(windows);
    return std::lower_bound(chosen_.begin(), chosen_.end(), end) - chosen_.begin();
  }

 private:
  using T = typename B::value_type;

  coupling_part experts(index_t first, index_t count) {
    std::vector<row_t> rows(static_cast<std::size_t>(count));
    std::iota(rows.begin(), rows.end(), static_cast<row_t>(first));
    coupling_part part(policy_->specification().chunk_size(), policy_->field().condition_size());
    encoder_(rows, [&](index_t, const visuomotor_batch<B>& samples, const_view_of<B, 2> c) {
      part.add_experts(host_floats(*be_, samples.x1.numbers()), host_floats(*be_, c));
    });
    return part;
  }

  /// The noise of the couplings, by window and number there.
  void draw(view_of<B, 2> x, index_t first, std::span<const row_t> local) {
    const rng_key root{options_.seed};
    for (index_t i = 0; i < x.shape()[0]; ++i) {
      const index_t window = first + local[static_cast<std::size_t>(i)];
      const rng_key key = root.split(static_cast<std::uint64_t>(window));
      be_->normal(rows(x, i, 1), key.split(static_cast<std::uint64_t>(i % options_.noises)));
    }
  }

  void integrate_all(coupling_part& part, index_t first, const std::vector<row_t>& local) {
    const auto n = static_cast<index_t>(local.size());
    tensor<B, 2> x(*be_, extents{n, part.chunk()});
    tensor<B, 2> conditions(*be_, extents{n, part.condition()});
    draw(x.view(), first, local);
    const std::vector<float> noise = host_floats<B>(*be_, std::as_const(x).view());
    upload_rows(conditions.view(), part, local);
    chunk_sampler<B> sampler(*be_, policy_->field().velocity(),
                             policy_->weights(options_.solver.weights),
                             std::as_const(conditions).view());
    sampler(*be_, options_.solver, x.view());
    const bool adaptive = options_.solver.solver == inference_solver::dormand_prince;
    part.add_pairs(local, noise, host_floats<B>(*be_, std::as_const(x).view()), [&](std::size_t i) {
      if (!adaptive) return static_cast<std::int32_t>(options_.solver.steps);
      const auto& s = sampler.result().samples[i];
      const bool done = s.status == sample_status::reached_end;
      return static_cast<std::int32_t>(done ? s.evaluations : -1);
    });
  }

  void upload_rows(view_of<B, 2> to, const coupling_part& part, std::span<const row_t> local) {
    std::vector<T> values;
    values.reserve(static_cast<std::size_t>(to.size()));
    for (const row_t row : local) {
      const std::span<const float> c = part.condition_of(row);
      values.insert(values.end(), c.begin(), c.end());
    }
    be_->upload(flatten(to), std::span<const T>(values));
    be_->synchronize();  // the host copy ends here
  }

  B* be_;
  const visuomotor_policy<B>* policy_;
  const window_set* windows_;
  couple_options options_;
  window_encoder<B> encoder_;
  std::vector<row_t> chosen_;
};

}  // namespace detail

template <NeuralBackend B>
couple_result couple(B& be, const std::string& path, const demonstrations& data,
                     const data_selection& selection, const couple_options& o,
                     const std::string& folder, const stage_hooks& hooks) {
  detail::validate_couple(o);
  const couplings_header header =
      detail::couple_header(policy_file(path), sha256_of_file(path), data, selection, o);
  const result_folder place(folder, detail::key_of(o, header, computed_by(be), selection));
  if (const auto before = place.finished()) {
    place.remove(detail::parts_name);  // who was killed right after the end left them
    return detail::couple_result_of(place, *before);
  }
  const visuomotor_policy<B> policy = load_policy(be, path);
  place.check_replaceable();
  hooks.begins();
  place.begin();
  const detail::window_set windows(data, selection, o.part);
  detail::part_store parts(place, header, windows.size(), std::max<index_t>(1, o.block / o.noises));
  detail::coupler<B> make(be, policy, windows, o);
  progress display({.label = "couple",
                    .unit = "window",
                    .total = make.coupled(windows.size()),
                    .done = make.coupled(parts.windows_done()),
                    .style = hooks.display});
  const auto start = std::chrono::steady_clock::now();
  index_t made = 0;
  while (!parts.complete()) {
    if (hooks.stop_requested()) return {.end = stage_end::stopped};
    const detail::part_range range = parts.next();
    const detail::coupling_part part = make(range.first, range.count);
    made += part.pairs();
    parts.add(part);
    display.update(make.coupled(parts.windows_done()));
    if (hooks.on_progress) hooks.on_progress(parts.windows_done(), windows.size());
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  display.finish();
  couple_result result = parts.merge(windows);
  result.rate = made > 0 ? static_cast<double>(made) / seconds.count() : 0;
  return result;
}

}  // namespace flowkit::policy
