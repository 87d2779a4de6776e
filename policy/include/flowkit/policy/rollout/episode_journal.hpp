// Episodes that are over, kept in a file, so that a killed evaluation loses only a few.
#pragma once

#include <flowkit/policy/evaluation/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flowkit::policy {

/// The results of some episodes of one policy by seed. Since an episode depends on its seed alone,
/// the missing ones can be played later and among others with the same result. Whoever opens a
/// journal knows that it belongs to the same policy and settings; the folder of the stage sees to
/// that.
class episode_journal {
 public:
  /// Continues the journal at `path`, if there is one. One that cannot be read counts as none: the
  /// episodes are played again. The file is written whenever `block` more episodes are over. Throws
  /// invalid_input for a block below 1.
  explicit episode_journal(std::string path, index_t block = 16);

  [[nodiscard]] index_t size() const { return static_cast<index_t>(known_.size()); }
  /// Those seeds whose episodes are not in it, in their order.
  [[nodiscard]] std::vector<std::uint64_t> missing(const std::vector<std::uint64_t>& seeds) const;

  /// Adds an episode; replaces the file atomically when a block is full. Throws file_error.
  void add(const episode_result& episode);
  /// Writes what was added since. Throws file_error.
  void write();

  /// The episodes of these seeds, in their order. Throws invalid_input if one is missing.
  [[nodiscard]] std::vector<episode_result> results(const std::vector<std::uint64_t>& seeds) const;

 private:
  std::string path_;
  index_t block_;
  index_t unwritten_ = 0;
  std::map<std::uint64_t, episode_result> known_;
};

}  // namespace flowkit::policy
