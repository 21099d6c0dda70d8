// Householder's reduction as in EISPACK's tred2, from the last row up, so that all is in rows. With v the reflector of a
// step, p = tau A v and w = p - (tau / 2)(pᵀ v) v, the step is A <- A - v wᵀ - w vᵀ. A pass over A subtracts what the last
// step left and multiplies by the vector of the next: A is read and written once a step, and from the second cache, since
// each thread keeps its rows.
//
// Golub and Van Loan, Matrix Computations, 8.3.1.
#include "tridiagonal.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "doubles.h"

namespace latent {
namespace {

// Threads that meet at every step: more of them than this have too little to do between two meetings.
constexpr int64_t MOST_THREADS = 8;
constexpr int64_t ROWS_A_THREAD = 64;

// Where threads wait for each other, a microsecond as a rule: they spin, and make room if it takes longer.
class Barrier {
 public:
  explicit Barrier(int64_t count) : count_(count) {}
  void wait() {
    const int64_t round = round_.load();
    if (arrived_.fetch_add(1) + 1 == count_) {
      arrived_.store(0);
      round_.store(round + 1);
      return;
    }
    for (int spins = 0; round_.load() == round; spins++) {
      if (spins > 10000) makeRoom();
    }
  }

 private:
  const int64_t count_;
  std::atomic<int64_t> arrived_{0}, round_{0};
};

// What a step leaves for the next pass: A is to become A - v wᵀ - w vᵀ.
struct Update {
  std::vector<double> v, w;  // [stride], zeros beyond the step's rows
};

// Makes x [j] a multiple of its last unit vector: returns tau, leaves v in x (x[j - 1] = 1) and that multiple in `last`.
double reflector(double* x, int64_t j, double* last) {
  const double alpha = x[j - 1];
  x[j - 1] = 0;
  const double rest = dot(x, x, padded(j));
  *last = alpha;
  if (rest == 0) return 0;
  const double beta = -std::copysign(std::sqrt(alpha * alpha + rest), alpha);
  *last = beta;
  const Doubles scale = allDoubles(1 / (alpha - beta));
  for (int64_t k = 0; k < padded(j); k += WIDTH) storeDoubles(x + k, loadDoubles(x + k) * scale);
  x[j - 1] = 1;
  return (beta - alpha) / beta;
}

// Subtracts the update from some rows of A, from row i on, and adds A v to y: the rows' own entries, and through the other
// triangle those before `start`, which is where the square block on the diagonal begins.
template <int ROWS>
void passRows(double* a, int64_t stride, int64_t i, int64_t start, const Update& last, const double* v, double* y) {
  Doubles own[ROWS], lastV[ROWS], lastW[ROWS], sums[ROWS] = {};
  for (int r = 0; r < ROWS; r++) {
    own[r] = allDoubles(v[i + r]);
    lastV[r] = allDoubles(last.v[i + r]);
    lastW[r] = allDoubles(last.w[i + r]);
  }
  double* row = a + i * stride;
  for (int64_t k = 0; k <= start; k += WIDTH) {
    const Doubles vk = loadDoubles(v + k), lastVk = loadDoubles(&last.v[k]), lastWk = loadDoubles(&last.w[k]);
    Doubles mirrored = {};
#pragma GCC unroll 4
    for (int r = 0; r < ROWS; r++) {
      const Doubles entry = loadDoubles(row + r * stride + k) - lastV[r] * lastWk - lastW[r] * lastVk;
      storeDoubles(row + r * stride + k, entry);
      sums[r] += entry * vk;
      mirrored += entry * own[r];
    }
    if (k < start) storeDoubles(y + k, loadDoubles(y + k) + mirrored);
  }
  for (int r = 0; r < ROWS; r++) y[i + r] += sumOf(sums[r]);
}

struct Reduction {
  Reduction(double* a, Tridiagonal& out, int64_t threads)
      : a(a), out(out), threads(threads), barrier(threads), shares(2 * threads, std::vector<double>(out.stride)),
        updates(2 * threads, Update{shares[0], shares[0]}) {}
  double* a;
  Tridiagonal& out;
  int64_t threads;
  Barrier barrier;
  std::vector<std::vector<double>> shares;  // [2 * threads] of [stride]: A v by each thread, of this step and of the last
  std::vector<Update> updates;              // [2 * threads] of this step and of the last
};

// Row j of A as it is after the last step, into x. Every thread computes it for itself.
void currentRow(const Reduction& at, int64_t j, const Update& last, double* x) {
  const double* row = at.a + j * at.out.stride;
  const Doubles vj = allDoubles(last.v[j]), wj = allDoubles(last.w[j]);
  for (int64_t k = 0; k < padded(j + 1); k += WIDTH) {
    storeDoubles(x + k, loadDoubles(row + k) - vj * loadDoubles(&last.w[k]) - wj * loadDoubles(&last.v[k]));
  }
}

// w from A v, the sum of what the threads found.
void finish(const Reduction& at, int64_t j, double tau, Update& step, int64_t parity) {
  double* w = step.w.data();
  const int64_t size = padded(j);
  for (int64_t k = 0; k < size; k += WIDTH) {
    Doubles sum = {};
    for (int64_t t = 0; t < at.threads; t++) sum += loadDoubles(&at.shares[2 * t + parity][k]);
    storeDoubles(w + k, sum * tau);
  }
  std::fill(w + j, w + at.out.stride, 0.0);
  const Doubles half = allDoubles(tau / 2 * dot(w, step.v.data(), size));
  for (int64_t k = 0; k < size; k += WIDTH) {
    storeDoubles(w + k, loadDoubles(w + k) - half * loadDoubles(&step.v[k]));
  }
}

void reduceAs(int64_t thread, Reduction& at) {
  Tridiagonal& out = at.out;
  const int64_t stride = out.stride;
  Update &last = at.updates[2 * thread], &step = at.updates[2 * thread + 1];
  for (int64_t j = out.n - 1; j >= 0; j--) {
    const int64_t parity = j % 2;
    double* v = step.v.data();
    currentRow(at, j, last, v);
    const double diagonal = v[j];
    std::fill(v + j, v + stride, 0.0);
    double offDiagonal = 0;
    const double tau = j > 0 ? reflector(v, j, &offDiagonal) : 0;
    if (thread == 0) {
      out.diagonal[j] = diagonal;
      out.offDiagonal[j] = offDiagonal;
      out.tau[j] = tau;
      std::copy(v, v + stride, out.reflectors.begin() + j * stride);
    }
    double* y = at.shares[2 * thread + parity].data();
    std::fill(y, y + padded(j), 0.0);
    for (int64_t start = thread * WIDTH; start < j; start += at.threads * WIDTH) {
      const int64_t end = std::min(start + WIDTH, j); // others may still be reading row j
      int64_t i = start;
      for (; i + 4 <= end; i += 4) passRows<4>(at.a, stride, i, start, last, v, y);
      for (; i < end; i++) passRows<1>(at.a, stride, i, start, last, v, y);
    }
    at.barrier.wait();
    finish(at, j, tau, step, parity);
    std::swap(last, step);
  }
}

}  // namespace

Tridiagonal reduce(std::vector<double>& a, int64_t n) {
  const int64_t stride = padded(n);
  const std::vector<double> zeros(n);
  Tridiagonal out{n, stride, zeros, zeros, zeros, std::vector<double>(n * stride)};
  const int64_t count = std::clamp<int64_t>(std::min<int64_t>(threads(), n / ROWS_A_THREAD), 1, MOST_THREADS);
  Reduction reduction(a.data(), out, count);
  if (!together(count, [&](int part) { reduceAs(part, reduction); })) {
    Reduction alone(a.data(), out, 1);
    reduceAs(0, alone);
  }
  return out;
}

namespace {

// H_j on some rows of z at once, which the first cache holds.
template <int ROWS>
void reflectRows(const Tridiagonal& t, double* z) {
  for (int64_t j = 1; j < t.n; j++) {
    if (t.tau[j] == 0) continue;
    const double* v = &t.reflectors[j * t.stride];
    const int64_t size = padded(j);
    Doubles sums[ROWS] = {};
    for (int64_t k = 0; k < size; k += WIDTH) {
      const Doubles vk = loadDoubles(v + k);
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; r++) sums[r] += vk * loadDoubles(z + r * t.stride + k);
    }
    for (int r = 0; r < ROWS; r++) sums[r] = allDoubles(t.tau[j] * sumOf(sums[r]));
    for (int64_t k = 0; k < size; k += WIDTH) {
      const Doubles vk = loadDoubles(v + k);
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; r++) {
        double* to = z + r * t.stride + k;
        storeDoubles(to, loadDoubles(to) - sums[r] * vk);
      }
    }
  }
}

}  // namespace

void reflectBack(const Tridiagonal& t, double* z, int64_t k) {
  constexpr int ROWS = 4;
  parallel(k, ROWS, [&](int64_t begin, int64_t end) {
    int64_t row = begin;
    for (; row + ROWS <= end; row += ROWS) reflectRows<ROWS>(t, z + row * t.stride);
    for (; row < end; row++) reflectRows<1>(t, z + row * t.stride);
  });
}

}  // namespace latent
