// Chooses a backend by name at run time: the only place that knows them all.
#pragma once

#include <flowkit/backend/precision.hpp>
#include <flowkit/backends/eigen.hpp>
#include <flowkit/core/error.hpp>
#if defined(FLOWKIT_HAS_ONEDNN)
#include <flowkit/backends/onednn.hpp>
#endif
#if defined(FLOWKIT_HAS_CUDA)
#include <flowkit/backends/cuda.hpp>
#endif

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flowkit {

/// What a backend is asked for when it is chosen by name.
struct backend_options {
  int threads = 0;  ///< of host backends; 0: `default_thread_count()`
  flowkit::precision precision = flowkit::precision::f32;  ///< of matrix products
};

/// Names of the backends in this build, the default one first. A GPU backend is last: that it was
/// built says nothing about the machine.
[[nodiscard]] inline std::vector<std::string> built_backends() {
  return {
#if defined(FLOWKIT_HAS_ONEDNN)
    "onednn",
#endif
        "eigen",
#if defined(FLOWKIT_HAS_CUDA)
        "cuda",
#endif
  };
}

/// Those of them that this machine can run.
[[nodiscard]] inline std::vector<std::string> usable_backends() {
  std::vector<std::string> names = built_backends();
#if defined(FLOWKIT_HAS_CUDA)
  if (find_cuda_devices().devices == 0) names.pop_back();
#endif
  return names;
}

namespace detail {

[[noreturn]] inline void refuse_backend(std::string_view name) {
  std::string built;
  for (const std::string& known : built_backends()) built += " " + known;
  for (const std::string_view planned : {"onednn", "cuda"}) {
    if (name == planned) {
      throw not_built_error(text("backend '", name, "' is not part of this build, which has:",
                                 built, "; configure one that has it with -DFLOWKIT_BUILD_",
                                 name == "cuda" ? "CUDA" : "ONEDNN", "=ON"));
    }
  }
  throw invalid_input(text("there is no backend '", name, "'; this build has:", built,
                           ", and an empty name or 'auto' chooses the first"));
}

}  // namespace detail

/// Builds the backend of that name ("" and "auto": the default), calls f with it, and returns what
/// f returns. f is compiled for every built backend, so its result has one type for all of them.
/// Throws not_built_error for a backend this build lacks, invalid_input for an unknown name,
/// backend_error for a precision that the backend lacks, and for `cuda` on a machine without a GPU.
template <class F>
decltype(auto) with_backend(std::string_view name, F&& f, const backend_options& options = {}) {
  const std::string chosen =
      name.empty() || name == "auto" ? built_backends().front() : std::string(name);
#if defined(FLOWKIT_HAS_ONEDNN)
  if (chosen == "onednn") {
    onednn be({.threads = options.threads, .precision = options.precision});
    return std::forward<F>(f)(be);
  }
#endif
#if defined(FLOWKIT_HAS_CUDA)
  if (chosen == "cuda") {
    cuda be({.precision = options.precision});
    return std::forward<F>(f)(be);
  }
#endif
  if (chosen != "eigen") detail::refuse_backend(chosen);
  if (options.precision != precision::f32) {
    throw backend_error("choose a precision", text("eigen has no ", to_text(options.precision),
                                                   "; use f32, or the backend onednn or cuda"));
  }
  eigen<float> be({.threads = options.threads});
  return std::forward<F>(f)(be);
}

}  // namespace flowkit
