// Everything a robot needs to run a policy, and training to make one.
#pragma once

#include <flowkit/policy/action_guard.hpp>
#include <flowkit/policy/chunk_splice.hpp>
#include <flowkit/policy/controller.hpp>
#include <flowkit/policy/image.hpp>
#include <flowkit/policy/manifest.hpp>
#include <flowkit/policy/matching.hpp>
#include <flowkit/policy/network_options.hpp>
#include <flowkit/policy/normalizer.hpp>
#include <flowkit/policy/observation_encoder.hpp>
#include <flowkit/policy/observation_history.hpp>
#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/receding_horizon.hpp>
#include <flowkit/policy/runtime.hpp>
#include <flowkit/policy/sampler.hpp>
#include <flowkit/policy/scaling.hpp>
#include <flowkit/policy/spec.hpp>
#include <flowkit/policy/statistics.hpp>
#include <flowkit/policy/units.hpp>
#include <flowkit/policy/visuomotor_field.hpp>
#include <flowkit/policy/visuomotor_policy.hpp>
