// Which part of a data set a policy learns from: fields, lengths of windows, episodes.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>
#include <flowkit/policy/data/order.hpp>
#include <flowkit/policy/data/window_batch.hpp>
#include <flowkit/policy/manifest.hpp>

namespace flowkit::policy {

/// Fields of a data set, and how windows are cut. The names of dimensions come from the data set's
/// attributes, member "dimensions": {"<field>": ["<name>", ...]}; without them dimension i of a
/// field is called "<field>.<i>", and a field of one number "<field>".
struct data_selection {
  std::vector<std::string> state{"state"};  ///< joined in this order; empty: images only
  std::string action = "action";
  std::vector<std::string> cameras = {};  ///< fields [height, width, 3] of u8; empty: states only
  index_t crop = 84;                      ///< side of the square that the networks see
  index_t horizon = 16;
  index_t observe = 2;
  index_t execute = 8;
  double validation = 0.1;  ///< share of the episodes that is put aside
  index_t episodes = 0;     ///< to train on: the first ones of the rest; 0: all
  std::uint64_t seed = 42;  ///< of the choice of the episodes put aside
};

/// The task that a data set says it was recorded in (attribute "task"); empty if it says nothing.
[[nodiscard]] std::string task_of(const demonstrations& data);

/// The shape of the task that these fields describe. Throws invalid_input for fields that are
/// missing or cannot be used, naming those that the data set has.
[[nodiscard]] spec spec_of(const demonstrations& data, const data_selection& selection);

/// The episodes to train on and those put aside, a function of the selection and the number of
/// episodes alone. Throws invalid_input if nothing would be left to train on.
[[nodiscard]] episode_split split_of(const demonstrations& data, const data_selection& selection);

/// Normalizers fitted to the frames of the training episodes. Throws invalid_input for numbers that
/// are not finite.
[[nodiscard]] policy_normalizers fit_normalizers(const demonstrations& data,
                                                 const data_selection& selection,
                                                 const normalizer_options& action,
                                                 const normalizer_options& state);

/// Which episodes of a split are looked at.
enum class data_part : std::uint8_t { training, validation };

/// The selection as a document. Policies keep its hash, so that no later stage takes episodes that
/// were put aside for ones that were trained on.
[[nodiscard]] json_value json_of(const data_selection& selection);
/// That hash: the parent "selection" of a policy.
[[nodiscard]] std::string selection_hash(const data_selection& selection);

/// What is known of the episodes that were put aside when a policy was trained, beside those that a
/// selection puts aside of a data set. In words that follow the name of the policy, such as "was
/// trained on other data than demos.zarr"; empty: nothing speaks against it.
struct split_comparison {
  std::string data;    ///< other data
  std::string choice;  ///< another choice among them
  bool known = false;  ///< the file of the policy says both

  [[nodiscard]] const std::string& difference() const { return data.empty() ? choice : data; }
};
/// Only the data, the share put aside and the seed decide: neither what is looked at in an episode
/// nor how many of the others were trained on. Files of earlier versions hold the hash of the whole
/// selection alone, which then has to agree.
[[nodiscard]] split_comparison compare_splits(const policy_manifest& m, const demonstrations& data,
                                              const data_selection& selection);

}  // namespace flowkit::policy
