// The rows that K-means' kernels are given.
#pragma once

#include <algorithm>

#include "kernel.h"

namespace latent {

struct Rows {
  Rows() = default;

  // Of inputs: x [.., D], from row `first` on, origin [D], weights [2, n] or [0].
  Rows(const Input& x, int64_t first, int64_t n, const Input& origin, const Input& weights)
      : x(x.floats() + first * x.dim(1)), origin(origin.floats()),
        weights(weights.size() > 0 ? weights.floats() : nullptr), n(n), d(x.dim(1)) {}

  const float* x = nullptr;        // [n, D]
  const float* origin = nullptr;   // [D] what they are relative to
  const float* weights = nullptr;  // [2, n] as two float32 each, or null: all 1
  int64_t n = 0, d = 0;

  double weight(int64_t i) const {
    return weights == nullptr ? 1 : static_cast<double>(weights[i]) + static_cast<double>(weights[n + i]);
  }

  // Some rows, relative to the origin [M, D].
  std::vector<float> values(const int32_t* numbers, int64_t m) const {
    std::vector<float> values(m * d);
    for (int64_t at = 0; at < m * d; at++) values[at] = x[numbers[at / d] * d + at % d] - origin[at % d];
    return values;
  }
};

// Draws rows with a probability proportional to their weight times their squared distance.
class Lottery {
 public:
  Lottery(const Rows& rows, const float* squared) : upTo_(rows.n) {
    double total = 0;
    for (int64_t i = 0; i < rows.n; i++) upTo_[i] = total += rows.weight(i) * squared[i];
  }

  // The row of a number from [0, 1), which is given as two float32.
  int32_t row(float high, float low) const {
    const double target = (static_cast<double>(high) + low) * upTo_.back();
    const int64_t at = std::lower_bound(upTo_.begin(), upTo_.end(), target) - upTo_.begin();
    return static_cast<int32_t>(std::min<int64_t>(at, upTo_.size() - 1));
  }

 private:
  std::vector<double> upTo_;  // [n] the sums of the rows up to each
};

}  // namespace latent
