// Lloyd's iterations, several in a call: those of small data take less time than a call. src/cluster/ahead.ts calls this,
// src/cluster/lloyd.ts says what an iteration is.
#include <memory>

#include "clusters.h"
#include "packed.h"

namespace latent {
namespace {

struct Sums : ClusterSums {
  explicit Sums(const Points& centers) : ClusterSums(centers.k, centers.d) {}
  double inertia = 0;  // about the centres that the pass saw
  double changed = 0;  // rows with a new label
};

// Rows [begin, end) to their nearest centres. Sums get all of them the first time, later what changes.
void passOver(const PackedRows& data, const Points& centers, const int32_t* before, int32_t* now, bool first, int64_t begin,
              int64_t end, Sums& sums) {
  Comparison block(centers);
  double inertia[ROWS] = {};
  for (int64_t i = begin; i < end; i += ROWS) {
    Vector squared[2];
    IntVector labels[2];
    data.nearest(i, end, centers, block, labels, squared);
    const auto count = [&](int rows) {
      float distances[ROWS];
      std::memcpy(distances, squared, sizeof distances);
      std::memcpy(now + i, labels, rows * sizeof(int32_t));
      int changed = 0;
      for (int r = 0; r < rows; r++) changed += now[i + r] != before[i + r];
      if (data.weights == nullptr) {
        for (int r = 0; r < rows; r++) inertia[r] += distances[r];
      } else {
        for (int r = 0; r < rows; r++) inertia[r] += data.weight(i + r) * distances[r];
      }
      return changed;
    };
    // A number of rows that is known in advance is fast: a copy of any other is a call of its own in WebAssembly.
    const int changed = block.count == ROWS ? count(ROWS) : count(block.count);
    sums.changed += changed;
    for (int64_t row = i; first && row < i + block.count; row++) addRow(data, row, now[row], sums);
    for (int64_t row = i; !first && changed > 0 && row < i + block.count; row++) {
      if (now[row] != before[row]) moveRow(data, row, before[row], now[row], sums);
    }
  }
  for (double part : inertia) sums.inertia += part;
}

// All rows, by all threads.
void passOver(const PackedRows& data, const Points& centers, const int32_t* before, int32_t* now, bool first, Sums& sums) {
  std::vector<Sums> parts(threads(), Sums(centers));
  parallelIndexed(data.n, shareOf(data.n, centers.k * data.d), [&](int part, int64_t begin, int64_t end) {
    passOver(data, centers, before, now, first, begin, end, parts[part]);
  });
  sums.inertia = sums.changed = 0;
  for (const Sums& part : parts) {
    for (size_t at = 0; at < sums.rows.size(); at++) sums.rows[at] += part.rows[at];
    for (int64_t c = 0; c < centers.k; c++) sums.counts[c] += part.counts[c];
    sums.inertia += part.inertia;
    sums.changed += part.changed;
  }
}

// Where iterations have come to.
struct Run {
  std::vector<double> centers;  // [K, D]
  double shift = 0;             // the sum of |move|^2 of the last one
  double done = 0;              // 1: no row changed, or centres moved little
  double inertia = -1;          // once it is done, of the labels about the centres
  std::vector<double> history;  // the inertia after each
};

// The means, and the inertia about them.
void moveCenters(const Sums& sums, const std::vector<float>& seen, double tolerance, Run& run) {
  const int64_t k = sums.counts.size(), d = seen.size() / k;
  double inertia = sums.inertia;
  run.shift = 0;
  for (int64_t at = 0; at < k * d; at++) {
    const double mean = sums.rows[at] / sums.counts[at / d], move = mean - seen[at];
    inertia -= sums.counts[at / d] * move * move;
    run.shift += move * move;
    if (sums.changed > 0) run.centers[at] = mean;
  }
  run.history.push_back(std::max(0., inertia));
  run.done = sums.changed == 0 || run.shift <= tolerance;
}

// Up to `most` iterations; before one that would empty a cluster it ends. Labels [N] are those of the last one, or once it is
// done of the centres.
void iterate(const PackedRows& data, int64_t k, int64_t most, double tolerance, int32_t* labels, Run& run) {
  std::vector<int32_t> other(data.n);
  std::vector<float> seen(k * data.d);
  int32_t *before = labels, *now = other.data();
  std::unique_ptr<Sums> sums;
  // Where it is done as the centres moved little, rows may have others that are nearer now.
  for (int64_t pass = 0; run.done == 0 ? pass < most : run.inertia < 0; pass++) {
    std::copy(run.centers.begin(), run.centers.end(), seen.begin());
    const Points centers(seen.data(), k, data.d, true);
    if (!sums) sums = std::make_unique<Sums>(centers);
    passOver(data, centers, before, now, pass == 0, *sums);
    if (run.done == 1) {
      run.inertia = sums->inertia;
    } else if (*std::min_element(sums->counts.begin(), sums->counts.end()) == 0) {
      break;
    } else {
      moveCenters(*sums, seen, tolerance, run);
      if (sums->changed == 0) run.inertia = run.history.back();
    }
    std::swap(before, now);
  }
  if (before != labels) std::copy_n(before, data.n, labels);
}

// Inputs: x [N, D], origin [D], weights [2, N] or [0], centers [2, K, D] as two float32 each, labels [N] changed in place
//   (-1: none yet), stop [3]: how many iterations at most, the tolerance (as two).
// Output [2, K D + 3 + iterations], as two float32 each: the centres, the last one's shift, whether it was the last, then the
//   inertia of the labels about the centres, else -1, and the inertia after each.
void lloyd(Context* context) {
  const Input x(context, 0), origin(context, 1), weights(context, 2), centers(context, 3), labels(context, 4);
  const Input stop(context, 5);
  const int64_t n = x.dim(0), d = x.dim(1), k = centers.dim(1), size = k * d;
  const PackedRows rows(Rows(x, 0, n, origin, weights));
  Run run;
  for (int64_t at = 0; at < size; at++) {
    run.centers.push_back(static_cast<double>(centers.floats()[at]) + centers.floats()[size + at]);
  }
  const float* s = stop.floats();
  iterate(rows, k, static_cast<int64_t>(s[0]), static_cast<double>(s[1]) + s[2], labels.ints(), run);

  std::vector<double> out = std::move(run.centers);
  out.insert(out.end(), {run.shift, run.done, run.inertia});
  out.insert(out.end(), run.history.begin(), run.history.end());
  doubleOutput(context, 0, out);
}

}  // namespace

LATENT_KERNEL(LatentLloyd, lloyd,
              {"x: float", "origin: float", "weights: float", "centers: float", "labels: int32",
               "stop: float"},
              {"run: float"})

}  // namespace latent
