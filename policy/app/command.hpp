// A subcommand: its name, what it is for, which settings are its options, and what it does.
#pragma once

#include <app/context.hpp>

#include <span>

namespace flowkit::app {

struct command {
  std::string_view name;
  std::string_view summary;                ///< one line of the overview
  std::string_view operands;               ///< as in the usage line, e.g. "inspect DATA"
  std::string_view details;                ///< a paragraph of --help
  std::vector<std::string_view> sections;  ///< whose settings are options; "" is the general one
  bool uses_run;                           ///< works in a run directory
  bool needs_task;                         ///< acts in a simulated task
  bool changes_run;                        ///< makes results: one process at a time may
  void (*run)(const context&);
  std::vector<std::string_view> only =
      {};  ///< settings that are options; empty: all of the sections
};

/// All subcommands, in the order of the overview.
[[nodiscard]] std::span<const command> commands();

// One per file of the same name.
void run_all(const context&);
void collect(const context&);
void train(const context&);
void couple(const context&);
void align(const context&);
void distill(const context&);
void evaluate(const context&);
void latency(const context&);
void report(const context&);
void compare(const context&);
void data(const context&);
void tasks(const context&);
void info(const context&);

}  // namespace flowkit::app
