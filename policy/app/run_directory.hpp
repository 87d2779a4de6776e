// What lies where in a run directory, and what all stages do around their work.
#pragma once

#include <flowkit/backends/select.hpp>
#include <flowkit/policy/report/run_info.hpp>
#include <flowkit/policy/runtime.hpp>
#include <flowkit/policy/stages/stage.hpp>

#include <app/command.hpp>

#include <chrono>
#include <functional>

namespace flowkit::app {

/// Writes config.toml with every setting into the run directory, which is created: what later calls
/// go on with. Called when the first stage has accepted its options and inputs, so that a refused
/// call leaves no trace. Of a run that is there, a command of one stage changes the settings of
/// this stage and of later ones, and the number of threads: what was made before stays described.
/// Backend and precision of `run`, `collect` and `train` stay; of later stages, and what else is
/// meant for one call, such as the methods of `evaluate`, they are left out. From here on the run
/// belongs to this process, see lock_run.
void remember_settings(const context& c);

/// Says which settings --set named in vain: those that neither this command nor a later one uses;
/// and if the call computed with something else than the run remembers.
void remark_ignored(const command& which, const context& c);

/// Replaces run.json, notes for people on which nothing depends, if `change` returns that it
/// changed what it was given. One that cannot be read is left to people: returns what is wrong with
/// it.
std::string change_run_info(const context& c, const std::function<bool(policy::run_info&)>& change);

/// Listeners of a stage: progress as the call wants it, Ctrl-C, settings to be remembered. Refers
/// to the context.
[[nodiscard]] policy::stage_hooks hooks_of(const context& c);

/// Path of what an earlier stage made. Throws invalid_input that names the command that makes it,
/// if it is not there.
[[nodiscard]] std::string required(const context& c, std::string_view name,
                                   std::string_view command);
[[nodiscard]] std::string demonstrations_path(const context& c);
/// Of "base", "reflow" or "sefa"; of another name the message lists those that are there.
[[nodiscard]] std::string policy_path(const context& c, std::string_view method);
/// The couplings of the last round below the run directory, which are aligned and distilled, and
/// the name of the policy that made them.
[[nodiscard]] std::string couplings_name(const context& c);
[[nodiscard]] std::string_view coupled_policy(const context& c);

/// Says how a stage ended and notes in run.json how long it took, if it did anything. Throws
/// interrupted if it was stopped.
void note_stage(const context& c, std::string_view stage, policy::stage_end end, double seconds);

/// Runs a stage, `work() -> stage_end`, and notes it.
template <class F>
void run_stage(const context& c, std::string_view stage, F&& work) {
  c.check_stop();
  const auto begin = std::chrono::steady_clock::now();
  const policy::stage_end end = std::forward<F>(work)();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  note_stage(c, stage, end, taken.count());
}

/// Name of the backend of the settings; that of this build for "auto". This build may lack it.
[[nodiscard]] std::string backend_of(const context& c);
/// Number formats that a backend of this name multiplies in.
[[nodiscard]] std::vector<precision> precisions_of(std::string_view backend);
/// That of the settings. Throws invalid_input if their backend lacks it, and names those that have
/// it; and what choosing the backend throws.
[[nodiscard]] precision precision_of(const context& c);

/// What stages note as their backend with these settings: as computed_by of the library says, but
/// whether this machine has it or not.
[[nodiscard]] std::string computes(const context& c);

/// A policy on the backend of the settings.
[[nodiscard]] std::unique_ptr<policy::policy_runtime> open_policy(const context& c,
                                                                  const std::string& path);

/// Calls f with the backend of the settings.
template <class F>
decltype(auto) on_backend(const context& c, F&& f) {
  return with_backend(
      c.values.string("backend"), std::forward<F>(f),
      {.threads = static_cast<int>(c.values.integer("threads")), .precision = precision_of(c)});
}

/// Threads of simulation and backend.
[[nodiscard]] int threads_of(const context& c);

}  // namespace flowkit::app
