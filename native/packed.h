// Rows that are compared with points many times over.
#pragma once

#include <memory>

#include "compare.h"
#include "rows.h"

namespace latent {

// Up to so many numbers, rows are kept side by side, as comparisons take them (4 MiB).
constexpr int64_t PACKED = 1 << 20;

struct PackedRows : Rows {
  explicit PackedRows(const Rows& rows, int64_t most = PACKED) : Rows(rows) {
    if (n * d > most) return;
    packed_.reset(new float[roundUp(n, ROWS) * d]);
    parallel(n, shareOf(n, d), [&](int64_t begin, int64_t end) {
      SideBySide block;
      for (int64_t i = begin; i < end; i += ROWS) {
        block.take(i, end);
        block.pack(x, origin, d, &packed_[i * d]);
      }
    });
  }

  // The points nearest to a block from row i on, of rows up to `end`.
  void nearest(int64_t i, int64_t end, const Points& points, Comparison& block, IntVector (&labels)[2],
               Vector (&least)[2]) const {
    if (packed_) {
      block.count = static_cast<int>(std::min<int64_t>(ROWS, end - i));
      block.nearest(&packed_[i * d], points, labels, least);
    } else {
      compare(i, end, points, block);
      block.nearest(points.k, labels, least);
    }
  }

  // Compares a block from row i on, of rows up to `end`.
  void compare(int64_t i, int64_t end, const Points& points, Comparison& block) const {
    if (packed_) {
      block.count = static_cast<int>(std::min<int64_t>(ROWS, end - i));
      block.compare(&packed_[i * d], points);
    } else {
      block.take(i, end);
      block.compare(x, origin, points);
    }
  }

 private:
  std::unique_ptr<float[]> packed_;  // [N / ROWS rounded up, D, ROWS]
};

}  // namespace latent
