// Couplings in the making: finished blocks as files of their own, joined at the end.
#pragma once

#include "core/stages/stage_files.hpp"
#include "core/stages/window_set.hpp"

#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/stages/couple.hpp>

#include <functional>

namespace flowkit::policy::detail {

inline constexpr std::string_view parts_name = "parts";

/// Experts of some windows and the couplings that belong to them; windows are counted from the
/// first of them.
class coupling_part {
 public:
  coupling_part(index_t chunk, index_t condition) : chunk_(chunk), condition_(condition) {}

  [[nodiscard]] index_t chunk() const { return chunk_; }
  [[nodiscard]] index_t condition() const { return condition_; }
  [[nodiscard]] index_t pairs() const { return static_cast<index_t>(window_.size()); }
  [[nodiscard]] index_t failed() const { return failed_; }
  [[nodiscard]] std::span<const float> condition_of(row_t window) const;

  /// Rows of further windows.
  void add_experts(const std::vector<float>& chunks, const std::vector<float>& conditions);
  /// Couplings, row by row; those whose evaluations are below 0, or whose end point is not finite,
  /// are counted and left out.
  void add_pairs(std::span<const row_t> window, std::span<const float> noise,
                 std::span<const float> end_points,
                 const std::function<std::int32_t(std::size_t)>& evaluations);
  /// Everything of a further part, whose windows follow.
  void append(const couplings_view& part, index_t failed);

  /// The numbers, but for what is known of the windows.
  [[nodiscard]] couplings_view view() const;

 private:
  index_t chunk_;
  index_t condition_;
  index_t failed_ = 0;
  std::vector<float> noise_;
  std::vector<float> end_points_;
  std::vector<std::int32_t> window_;
  std::vector<std::int32_t> evaluations_;
  std::vector<float> conditions_;
  std::vector<float> experts_;
};

/// Consecutive windows.
struct part_range {
  index_t first = 0;
  index_t count = 0;
};

/// The blocks of a couple stage on disk.
class part_store {
 public:
  /// Finds the blocks that an interrupted call finished.
  part_store(const result_folder& place, const couplings_header& header, index_t windows,
             index_t block);

  [[nodiscard]] bool complete() const { return windows_done() == windows_; }
  [[nodiscard]] index_t windows_done() const { return std::min(done_ * block_, windows_); }
  /// The windows of the next block.
  [[nodiscard]] part_range next() const;
  /// Writes the next block.
  void add(const coupling_part& part);
  /// Joins all blocks into the couplings file, notes that the stage is finished, and removes them.
  [[nodiscard]] couple_result merge(const window_set& windows) const;

 private:
  /// Goes on to the first block that is missing or damaged.
  void skip_made();
  [[nodiscard]] std::string path_of(index_t block) const;

  const result_folder* place_;
  couplings_header header_;
  index_t windows_;
  index_t block_;
  index_t done_ = 0;
};

void validate_couple(const couple_options& o);
/// Throws invalid_input unless policy, data and selection belong together.
[[nodiscard]] couplings_header couple_header(const policy_file& policy, const std::string& hash,
                                             const demonstrations& data,
                                             const data_selection& selection,
                                             const couple_options& o);
/// Throws invalid_input unless a policy can act on windows that are cut so.
void expect_same_windows(const policy_manifest& m, const demonstrations& data,
                         const data_selection& selection);
[[nodiscard]] json_value options_of(const couple_options& o, std::string_view backend,
                                    const data_selection& selection);
[[nodiscard]] result_key key_of(const couple_options& o, const couplings_header& header,
                                std::string_view backend, const data_selection& selection);
[[nodiscard]] couple_result couple_result_of(const result_folder& place, const json_value& json);

}  // namespace flowkit::policy::detail
