// What rows add up to by cluster, kept up to date as they change their labels.
#pragma once

#include "rows.h"

namespace latent {

struct ClusterSums {
  ClusterSums(int64_t k, int64_t d) : rows(k * d), counts(k) {}
  std::vector<double> rows;    // [K, D] of w x
  std::vector<double> counts;  // [K] of w; of whole weights they come back to 0
};

static inline void addRow(const Rows& rows, int64_t i, int32_t label, ClusterSums& sums) {
  const float* row = rows.x + i * rows.d;
  double* sum = &sums.rows[label * rows.d];
  const double weight = rows.weight(i);
  for (int64_t j = 0; j < rows.d; j++) sum[j] += weight * (row[j] - rows.origin[j]);
  sums.counts[label] += weight;
}

// To another label.
static inline void moveRow(const Rows& rows, int64_t i, int32_t from, int32_t to, ClusterSums& sums) {
  const float* row = rows.x + i * rows.d;
  double *__restrict before = &sums.rows[from * rows.d], *__restrict now = &sums.rows[to * rows.d];
  const double weight = rows.weight(i);
  for (int64_t j = 0; j < rows.d; j++) {
    const double value = weight * (row[j] - rows.origin[j]);
    before[j] -= value;
    now[j] += value;
  }
  sums.counts[from] -= weight;
  sums.counts[to] += weight;
}

}  // namespace latent
