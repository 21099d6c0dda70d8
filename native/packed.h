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
    packed_.reset(new float[(n + ROWS - 1) / ROWS * ROWS * d]);
    parallel(n, shareOf(n, d), [&](int64_t begin, int64_t end) {
      Comparison block(Points{});
      for (int64_t i = begin; i < end; i += ROWS) {
        block.take(i, end);
        block.pack(x, origin, d, &packed_[i * d]);
      }
    });
  }

  // Compares a block from row i on, of rows up to `end`.
  void compare(int64_t i, int64_t end, const Points& points, Comparison& block) const {
    block.take(i, end);
    if (packed_) {
      block.compare(&packed_[i * d], points);
    } else {
      block.compare(x, origin, points);
    }
  }

 private:
  std::unique_ptr<float[]> packed_;  // [N / ROWS rounded up, D, ROWS]
};

}  // namespace latent
