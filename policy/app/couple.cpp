#include <flowkit/policy/stages/couplings_file.hpp>

#include <app/checks.hpp>
#include <app/command.hpp>
#include <app/run_directory.hpp>
#include <app/stages.hpp>

#include <numeric>
#include <set>

namespace flowkit::app {

void couple(const context& c) {
  expect_settings_of_policy(c, policy_path(c, "base"));
  couple_stage(c);
  const std::string path = c / couplings_name(c);
  const policy::couplings_file file(path);
  const policy::couplings_view& n = file.numbers();
  const double evaluations = std::accumulate(n.evaluations.begin(), n.evaluations.end(), 0.0) /
                             static_cast<double>(std::max<index_t>(n.size(), 1));
  const auto coupled = static_cast<index_t>(std::set(n.window.begin(), n.window.end()).size());
  c.answer(json_object{{"couplings", path},
                       {"pairs", n.size()},
                       {"windows", n.windows()},
                       {"coupled_windows", coupled},
                       {"failed", file.header().failed},
                       {"evaluations_per_pair", evaluations}},
           text(path, ": ", n.size(), " pairs at ", coupled, " of ", n.windows(), " windows, ",
                evaluations, " evaluations each, ", file.header().failed, " failed"));
}

}  // namespace flowkit::app
