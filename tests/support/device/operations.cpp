#include <bodies.hpp>
#include <support/device/executor.hpp>

template class flowkit::device_ops<flowkit::testing::device_executor>;
template void flowkit::device_passes<flowkit::testing::device_executor>::iota(mutable_view<1>);
