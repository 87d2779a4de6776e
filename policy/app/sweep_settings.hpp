// What the runs of a sweep over demonstrations have in common, and what changed since.
#pragma once

#include <app/context.hpp>

namespace flowkit::app {

/// What such a sweep keeps, a JSON document: the number of rounds, the options that its stages
/// note, and the data. Settings that change no result are left out.
[[nodiscard]] std::string settings_of_sweep(const context& c);

/// In what a sweep with such settings was made otherwise than a run of now would be; empty: in
/// nothing. Data that are gone prove nothing. Throws what reading the document throws.
[[nodiscard]] std::string changes_since_sweep(const context& c, std::string_view settings);

}  // namespace flowkit::app
