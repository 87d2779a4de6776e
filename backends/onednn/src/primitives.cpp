#include "primitives.hpp"

#include <flowkit/backends/host_kernels.hpp>
#include <flowkit/core/error.hpp>

#include <dlfcn.h>

namespace flowkit::detail {
namespace {

/// Functions of the OpenMP runtime that oneDNN itself has loaded, whichever that is; without one
/// the library is serial anyway. Linking a runtime of our own could bring a second one.
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

[[noreturn]] void fail(const product& p, dnnl_status_t status) {
  throw backend_error(text("matrix product ", shape_text(p)),
                      text("oneDNN ", DNNL_VERSION_MAJOR, ".", DNNL_VERSION_MINOR,
                           " reports status '", dnnl_compat::status_text(status), "'"));
}

/// The step of an axis with one element does not matter, but oneDNN wants a consistent one.
dnnl::memory::desc described(index_t rows, index_t columns, const operand& o, element format) {
  const auto type = format == element::bf16 ? dnnl_compat::type::bf16 : dnnl_compat::type::f32;
  return {{rows, columns}, type, dnnl::memory::dims{o.row_step, o.column_step}};
}

/// No memory yet: it is set whenever the primitive is run.
dnnl::memory argument(const dnnl::memory::desc& layout, const dnnl::engine& engine) {
  return {layout, engine, nullptr};
}

}  // namespace

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

cached_product::cached_product(const product& p, const dnnl::engine& engine, int lanes) {
  const auto a = described(p.m, p.k, p.a, p.format);
  const auto b = described(p.k, p.n, p.b, p.format);
  const auto c = described(p.m, p.n, {p.c, p.c_step, 1}, element::f32);
  const auto chosen = dnnl_compat::matmul(engine, a, b, c, p.add);
  primitive_ = dnnl::matmul(chosen);
  scratch_bytes_ = static_cast<index_t>(chosen.scratchpad_desc().get_size());
  lanes_.resize(static_cast<std::size_t>(lanes));
  for (lane_arguments& l : lanes_) {
    l.memories = {argument(a, engine), argument(b, engine), argument(c, engine),
                  argument(chosen.scratchpad_desc(), engine)};
    constexpr std::array<int, 4> numbers{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST,
                                         DNNL_ARG_SCRATCHPAD};
    for (std::size_t i = 0; i < 4; ++i) l.arguments[i] = {numbers[i], l.memories[i].get()};
  }
}

void cached_product::run(const product& p, std::size_t lane_number, lane& by) {
  lane_arguments& l = lanes_[lane_number];
  l.memories[0].set_data_handle(const_cast<void*>(p.a.data));
  l.memories[1].set_data_handle(const_cast<void*>(p.b.data));
  l.memories[2].set_data_handle(p.c);
  l.memories[3].set_data_handle(by.scratch.grown<std::byte>(scratch_bytes_));
  // The function of the C interface makes half as many temporary objects as that of C++.
  const dnnl_status_t status = dnnl_primitive_execute(
      primitive_.get(), by.stream.get(), static_cast<int>(l.arguments.size()), l.arguments.data());
  if (status != dnnl_success) fail(p, status);
}

void product_cache::begin_operation() {
  if (known_.size() <= limit) return;
  const index_t middle = clock_ - static_cast<index_t>(limit / 2);
  std::erase_if(known_, [&](const auto& entry) { return entry.second.last_use < middle; });
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
  auto found = known_.find(key_of(p));
  if (found == known_.end()) {
    const serial_library serial;
    try {
      found = known_.try_emplace(key_of(p), p, engine_, lanes_).first;
    } catch (const dnnl::error& problem) {
      fail(p, problem.status);
    }
    ++misses_;
  }
  found->second.last_use = ++clock_;
}

}  // namespace flowkit::detail
