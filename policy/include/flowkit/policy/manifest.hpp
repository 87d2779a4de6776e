// Everything a policy is besides the numbers of its networks: the JSON document of its file.
#pragma once

#include <flowkit/policy/network_options.hpp>
#include <flowkit/policy/normalizer.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace flowkit::policy {

/// How noise becomes a chunk.
enum class inference_solver : std::uint8_t {
  euler,           ///< `steps` equal steps on the grid of rectified flows (sampler_grid)
  dormand_prince,  ///< as many steps as the tolerance needs, from epsilon to 1
};

/// Which weights act.
enum class weight_set : std::uint8_t { average, raw };

/// The setting of inference that a policy was made for; a controller may use another.
struct inference_options {
  inference_solver solver = inference_solver::euler;
  index_t steps = 1;        ///< of euler; one is x + v(x, epsilon)
  double tolerance = 1e-3;  ///< of dormand_prince, relative and absolute, normalised units
  double epsilon = 1e-3;    ///< first time of the flow, in training and acting
  weight_set weights = weight_set::average;

  friend bool operator==(const inference_options&, const inference_options&) = default;
};
/// Throws invalid_input for steps, a tolerance or an epsilon that cannot be used.
void validate(const inference_options& o);

/// What decided which episodes were put aside when a policy was trained, beside the data.
struct split_origin {
  index_t of = 0;         ///< episodes of the data set
  double validation = 0;  ///< share that is put aside
  index_t episodes = 0;   ///< of the rest, to train on; 0: all
  std::uint64_t seed = 0;

  friend bool operator==(const split_origin&, const split_origin&) = default;
};

/// Where a policy comes from.
struct provenance {
  std::map<std::string, std::string> parents = {};  ///< SHA-256 of each input file, by role
  std::map<std::string, std::uint64_t> seeds = {};
  std::map<std::string, double> thresholds = {};  ///< and shares that followed from them
  std::string backend = {};  ///< that trained it, and its precision; see computed_by
  std::string task = {};     ///< that the data set says it was recorded in; empty: it says nothing
  std::optional<split_origin> split = {};  ///< nothing in files of earlier versions
  std::string version = {};                ///< of this library, filled in when the file is written

  friend bool operator==(const provenance&, const provenance&) = default;
};

/// A policy without its weights. There is no manifest without normalizers, and so no policy
/// without statistics.
struct policy_manifest {
  spec specification;
  network_options network;
  policy_normalizers normalizers;
  std::string method = "base";  ///< what the weights were trained by: base, reflow, sefa, ...
  inference_options inference{};
  provenance origin{};
};

/// Throws invalid_input unless all parts can be used and fit each other, for example statistics of
/// as many dimensions as the spec has names.
void validate(const policy_manifest& m);

/// Version of this library, "0.1.0".
[[nodiscard]] std::string library_version();
/// The same with a digest of sources and of what compiles them, "0.1.0+91c4b0e7a5d2f638": builds of
/// equal name compute the same numbers on the same machine with the same shared libraries.
[[nodiscard]] std::string library_build();

}  // namespace flowkit::policy
