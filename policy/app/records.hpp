// What the stages of the command itself note as their options; those of learning are the library's.
#pragma once

#include <flowkit/io/json.hpp>

#include <app/method.hpp>

namespace flowkit::app {

[[nodiscard]] json_value collect_options(const context& c);
/// What determines success, distances and evaluations, and nothing else: neither how many episodes
/// run side by side, nor pictures, nor how often latency is measured.
[[nodiscard]] json_value evaluate_options(const context& c, const method& m);
/// The same without the policy, its solver and what computes.
[[nodiscard]] json_value evaluate_options(const context& c);
[[nodiscard]] json_value flow_options(const context& c);

}  // namespace flowkit::app
