// An alignment owes a report.
// expect: constraints not satisfied
#include <flowkit/align/concepts.hpp>
#include <flowkit/backends/eigen.hpp>

using namespace flowkit;
using backend = eigen<float>;

struct operation {
#ifdef FLOWKIT_BAD
  void operator()(backend&, const coupling_view<backend>&, const expert_index<backend>&,
                  view_of<backend, 2>, workspace<backend>&) const {}
#else
  alignment_report operator()(backend&, const coupling_view<backend>&, const expert_index<backend>&,
                              view_of<backend, 2>, workspace<backend>&) const {
    return {};
  }
#endif
};

template <Alignment<backend> A>
void use(const A&) {}

int main() { use(operation{}); }
