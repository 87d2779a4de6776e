// Settings as the option structs of the library, and back.
#pragma once

#include <flowkit/policy/stages/learn.hpp>
#include <flowkit/policy/stages/measure.hpp>

#include <app/context.hpp>

namespace flowkit::app {

/// A seed of its own for every purpose of a run, such as "train".
[[nodiscard]] std::uint64_t seed_of(const policy::settings& values, std::string_view purpose);

/// The setting "seed" that such a seed comes from; nothing if it comes from none of them.
[[nodiscard]] std::optional<index_t> root_of(std::uint64_t seed, std::string_view purpose);
/// That of the last training of a policy.
[[nodiscard]] std::optional<index_t> seed_of(const policy::policy_manifest& m);

[[nodiscard]] policy::data_selection selection_of(const policy::settings& values);
[[nodiscard]] policy::train_base_options train_options_of(const policy::settings& values);
[[nodiscard]] policy::couple_options couple_options_of(const policy::settings& values);
[[nodiscard]] policy::alignment_rule rule_of(const policy::settings& values);
[[nodiscard]] policy::distill_options distill_options_of(const policy::settings& values);
[[nodiscard]] policy::measure_options measure_options_of(const policy::settings& values);
[[nodiscard]] policy::learn_options learn_options_of(const policy::settings& values);

/// Sets what these options say: the other way round, for presets.
void store(policy::settings& values, const policy::learn_options& options);

/// Numbers of demonstrations that run.sweep asks for, radii that align.sweep asks for.
[[nodiscard]] std::vector<index_t> sweep_of(const policy::settings& values);
[[nodiscard]] std::vector<double> radii_of(const policy::settings& values);

/// Words of a text, separated by spaces or commas.
[[nodiscard]] std::vector<std::string> words_of(std::string_view line);

}  // namespace flowkit::app
