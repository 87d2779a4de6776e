// A convolution over time takes [batch, time, channel], not a matrix.
// expect: layer.forward(be, p, x, ws, saved)
#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/conv1d.hpp>

using namespace flowkit;
using backend = eigen<float>;

#ifdef FLOWKIT_BAD
using input = const_view_of<backend, 2>;
#else
using input = const_view_of<backend, 3>;
#endif

void run(backend& be, const conv1d& layer, const parameters<backend>& p, input x,
         workspace<backend>& ws, saved_of<conv1d, backend>& saved) {
  layer.forward(be, p, x, ws, saved);
}

int main() {}
