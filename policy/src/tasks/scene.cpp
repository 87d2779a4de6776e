#include <flowkit/policy/tasks/scene.hpp>
#include <tasks/simulation.hpp>

namespace flowkit::policy {

scene::scene(std::string_view mjcf)
    : simulation_(std::make_unique<detail::simulation>(detail::compile(mjcf))) {}
scene::scene(scene&&) noexcept = default;
scene& scene::operator=(scene&&) noexcept = default;
scene::~scene() = default;

std::span<const std::string> scene::cameras() const noexcept { return simulation_->cameras; }

}  // namespace flowkit::policy
