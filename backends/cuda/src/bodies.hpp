// The bodies of all operations of device_ops: a source that instantiates the class for a device
// includes this header.
#pragma once

#include "convolution.hpp"
#include "group_norm.hpp"
#include "nearest.hpp"
#include "nearest_within.hpp"
#include "pooling.hpp"
#include "products.hpp"
#include "random.hpp"
#include "rows.hpp"
#include "softmax.hpp"

#include <flowkit/backends/device/elementwise.hpp>
#include <flowkit/backends/device/reduction.hpp>
