// Looks for what is wrong with a data set, all of it and not just the first thing.
#pragma once

#include <flowkit/policy/data/demonstrations.hpp>

namespace flowkit::policy {

enum class severity : std::uint8_t {
  note,    ///< usable; something to know, e.g. frames after the last episode
  problem  ///< some or all of it cannot be used for training
};

/// One thing found.
struct finding {
  severity level = severity::problem;
  std::string file;   ///< path
  std::string field;  ///< empty if it concerns the whole data set
  std::string what;   ///< with the values and places
};

/// "problem: path: field img: ..." in one line.
[[nodiscard]] std::string to_text(const finding& value);

/// Decodes every block of every field and checks that ends fit the fields and values are finite;
/// notes numbers that are too large to learn from, since a field may be there for other reasons.
/// Never throws for what the files hold; an empty list means that nothing was found.
[[nodiscard]] std::vector<finding> validate_demonstrations(
    const std::string& path, const demonstration_options& options = {});

/// Reads these fields of all episodes. Throws file_error with the place of the first number that is
/// not `learnable`.
void expect_learnable(const demonstrations& data, const std::vector<std::string>& fields);

}  // namespace flowkit::policy
