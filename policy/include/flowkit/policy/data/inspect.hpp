// What a data set holds, for people and for programs.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>

namespace flowkit::policy {

/// Statistics of one field over all frames; NaN and infinite numbers are counted and left out.
struct field_summary {
  field_info info;
  double minimum = 0;
  double maximum = 0;
  double mean = 0;
  index_t not_finite = 0;
  /// Numbers within a frame that never change; of fields of at most 64 numbers per frame only.
  std::vector<index_t> constant;
  std::vector<double> minima;  ///< per number, of such fields
  std::vector<double> maxima;
};

/// Lengths and fields of a data set.
struct data_summary {
  std::string source;
  index_t episodes = 0;
  index_t frames = 0;
  index_t shortest = 0;
  index_t longest = 0;
  double mean_length = 0;
  std::vector<field_summary> fields;
  std::vector<field_info> per_episode;
  json_value attributes;
};

/// Reads every frame once. Throws file_error.
[[nodiscard]] data_summary inspect(const demonstrations& data);

/// A table of some lines for a terminal.
[[nodiscard]] std::string to_text(const data_summary& summary);
/// The same as a document.
[[nodiscard]] json_value to_json_value(const data_summary& summary);

}  // namespace flowkit::policy
