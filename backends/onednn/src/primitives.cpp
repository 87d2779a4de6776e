#include "primitives.hpp"

#include <flowkit/backends/host_kernels.hpp>
#include <flowkit/core/error.hpp>

#include <dlfcn.h>

namespace flowkit::detail {
namespace {

/// Functions of the OpenMP runtime that oneDNN itself has loaded, whichever that is; without one
/// the library is serial (compat.hpp refuses other ways of running threads). Linking a runtime of
/// our own could bring a second one.
struct openmp_runtime {
  int (*threads)() = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
  void (*set_threads)(int) = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT,
                                                                   "omp_set_num_threads"));

  [[nodiscard]] bool found() const { return threads != nullptr && set_threads != nullptr; }
};

const openmp_runtime& openmp() {
  static const openmp_runtime runtime;
  return runtime;
}

std::string shape_text(const product& p) {
  return text("[", p.m, ", ", p.k, "] x [", p.k, ", ", p.n, "] of ",
              p.format == element::bf16 ? "bf16" : "f32", ", steps (", p.a.row_step, ", ",
              p.a.column_step, "), (", p.b.row_step, ", ", p.b.column_step, ") and (", p.c_step,
              ", 1)");
}

[[noreturn]] void fail(const product& p, const std::string& why) {
  throw backend_error(text("matrix product ", shape_text(p)), why);
}

std::string version_text() { return text(DNNL_VERSION_MAJOR, ".", DNNL_VERSION_MINOR); }

dnnl::memory::desc described(index_t rows, index_t columns, const operand& o, element format) {
  return {{rows, columns}, type_of(format), dnnl::memory::dims{o.row_step, o.column_step}};
}

}  // namespace

std::string reported(dnnl_status_t status) {
  return text("oneDNN ", version_text(), " reports status '", dnnl_compat::status_text(status),
              "'");
}

serial_library::serial_library() : before_(openmp().found() ? openmp().threads() : 0) {
  if (before_ > 1) openmp().set_threads(1);
}

serial_library::~serial_library() {
  if (before_ > 1) openmp().set_threads(before_);
}

std::byte* growing_memory::grown_bytes(index_t bytes) {
  if (memory_.size() < bytes) {
    memory_ = {};
    memory_ = {static_cast<std::byte*>(allocate_host(bytes)), bytes, free_host, nullptr};
  }
  return memory_.data();
}

lane_primitive::lane_primitive(dnnl::primitive primitive, const dnnl::memory::desc& scratch,
                               const std::vector<argument>& arguments, const dnnl::engine& engine,
                               int lanes)
    : primitive_(std::move(primitive)), scratch_bytes_(static_cast<index_t>(scratch.get_size())) {
  lanes_.resize(static_cast<std::size_t>(lanes));
  // No memory yet: it is set whenever the primitive is run.
  for (lane_arguments& l : lanes_) {
    for (const argument& a : arguments) l.memories.emplace_back(a.layout, engine, nullptr);
    l.memories.emplace_back(scratch, engine, nullptr);
    for (std::size_t i = 0; i < l.memories.size(); ++i) {
      const int number = i < arguments.size() ? arguments[i].number : DNNL_ARG_SCRATCHPAD;
      l.arguments.push_back({number, l.memories[i].get()});
    }
  }
}

dnnl_status_t lane_primitive::run(std::initializer_list<const void*> data, std::size_t lane_number,
                                  lane& by) {
  lane_arguments& l = lanes_[lane_number];
  auto memory = l.memories.begin();
  // The functions of the C interface return what those of C++ throw, without the shapes of the
  // caller, and make half as many temporary objects.
  const auto place = [&](const void* where) {
    return dnnl_memory_set_data_handle((memory++)->get(), const_cast<void*>(where));
  };
  for (const void* d : data) {
    if (const auto status = place(d); status != dnnl_success) return status;
  }
  const auto status = place(by.scratch.grown<std::byte>(scratch_bytes_));
  if (status != dnnl_success) return status;
  return dnnl_primitive_execute(primitive_.get(), by.stream.get(),
                                static_cast<int>(l.arguments.size()), l.arguments.data());
}

product_cache::key product_cache::key_of(const product& p) {
  return {p.m,
          p.n,
          p.k,
          p.a.row_step,
          p.a.column_step,
          p.b.row_step,
          p.b.column_step,
          p.c_step,
          static_cast<index_t>(p.format),
          p.add ? 1 : 0};
}

void product_cache::prepare(const product& p) {
  known_.prepare(key_of(p), [&] {
    try {
      const auto a = described(p.m, p.k, p.a, p.format);
      const auto b = described(p.k, p.n, p.b, p.format);
      const auto c = described(p.m, p.n, {p.c, p.c_step, 1}, element::f32);
      const auto chosen = dnnl_compat::matmul(engine_, a, b, c, p.add);
      if (const std::string code = chosen.impl_info_str(); is_reference(code)) {
        fail(p, text("oneDNN ", version_text(), " has only its reference code ('", code,
                     "') for these steps; copy the operands to dense rows"));
      }
      return lane_primitive(dnnl::matmul(chosen), chosen.scratchpad_desc(),
                            {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}}, engine_,
                            lanes_);
    } catch (const dnnl::error& problem) {
      fail(p, reported(problem.status));
    }
  });
}

void product_cache::run(const product& p, std::size_t lane_number, lane& by) {
  const auto status = known_.at(key_of(p)).run({p.a.data, p.b.data, p.c}, lane_number, by);
  if (status != dnnl_success) fail(p, reported(status));
}

}  // namespace flowkit::detail
