// What every kernel here needs: its inputs and outputs in a few lines, vectors, and threads. Kernels are compiled for
// TensorFlow (kernel.cc) and, in one thread and without exceptions, for TensorFlow.js' WebAssembly backend
// (webassembly/host.cc).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#if !defined(__wasm__)
#include "tensorflow/c/kernels.h"
#endif

namespace latent {

// As many floats as a register of the instruction set that this file is compiled for has.
#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__wasm__)
constexpr int LANES = 4;
#else
constexpr int LANES = 8;
#endif
typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t IntVector __attribute__((vector_size(LANES * sizeof(float))));
typedef uint8_t Bytes __attribute__((vector_size(LANES)));

// The first multiple of `to` that is no less.
constexpr int64_t roundUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

static inline Vector load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
static inline void store(float* to, Vector v) { std::memcpy(to, &v, sizeof v); }
static inline Vector all(float value) { return value - Vector{}; }
static inline Vector root(Vector v) {
  for (int l = 0; l < LANES; l++) v[l] = std::sqrt(v[l]);
  return v;
}

// Runs f(part, begin, end) on parts of [0, n) at once, one for each processor that this process may use: parts
// are multiples of `grain`, and few of them if n is small. What f throws is thrown here, after all parts ended.
void parallelIndexed(int64_t n, int64_t grain, const std::function<void(int, int64_t, int64_t)>& f);

static inline void parallel(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& f) {
  parallelIndexed(n, grain, [&](int, int64_t begin, int64_t end) { f(begin, end); });
}

// How many parts these make of n at most.
int threads();

// Runs f(part) for all parts of [0, count) at once, that may wait for each other; or none of them, where the system has not so
// many threads: false. f throws nothing.
bool together(int count, const std::function<void(int)>& f);

// What the parts of `parallelIndexed` added up, in the first of them. Those that there were none of are null.
template <class Sums>
Sums& sumOfParts(const std::vector<std::unique_ptr<Sums>>& parts,
                 std::initializer_list<std::vector<double> Sums::*> fields) {
  Sums& all = *parts[0];
  for (size_t part = 1; part < parts.size() && parts[part]; part++) {
    for (const auto field : fields) {
      for (size_t at = 0; at < (all.*field).size(); at++) (all.*field)[at] += ((*parts[part]).*field)[at];
    }
  }
  return all;
}

// Lets another thread go on.
void makeRoom();

// One call of a kernel.
#if defined(__wasm__)
struct Context;
#else
using Context = TF_OpKernelContext;
#endif

// An input. It is there as long as this.
class Input {
 public:
  Input(Context* context, int index);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  int64_t size() const;
  int64_t dim(int axis) const;
  float* floats() const { return static_cast<float*>(data()); }
  int32_t* ints() const { return static_cast<int32_t*>(data()); }
  // Each in the place of two float32.
  double* doubles() const { return static_cast<double*>(data()); }

 private:
  void* data() const;
  void* tensor_;
};

// A new output, of numbers that are not set.
float* floatOutput(Context* context, int index, const std::vector<int64_t>& shape);
int32_t* intOutput(Context* context, int index, const std::vector<int64_t>& shape);

// Ends the call: the message is its error in JavaScript.
[[noreturn]] void fail(const char* message);

// A float64 as the sum of two float32: tfjs has no wider tensors. What is beyond float32 is infinite.
static inline void split(double value, float* high, float* low) {
  *high = static_cast<float>(value);
  *low = std::isfinite(*high) ? static_cast<float>(value - *high) : 0;
}

// A new output of float64 numbers as they lie in memory, each in the place of two float32: shape [.., 2].
static inline double* rawOutput(Context* context, int index, std::vector<int64_t> shape) {
  shape.push_back(2);
  return reinterpret_cast<double*>(floatOutput(context, index, shape));
}

// A new output [2, n]: float64 numbers as two float32 each.
static inline void doubleOutput(Context* context, int index, const std::vector<double>& values) {
  const int64_t n = values.size();
  float* high = floatOutput(context, index, {2, n});
  for (int64_t at = 0; at < n; at++) split(values[at], high + at, high + n + at);
}

using Compute = void (*)(Context*);

#if defined(__wasm__)
#define LATENT_KERNEL(name, compute, ...) \
  extern "C" __attribute__((export_name(#name))) void name() { compute(nullptr); }
#else
// What a kernel throws is its error in JavaScript.
void guarded(Compute compute, Context* context);

// The op's name gets LATENT_SUFFIX, which is set when this is compiled: TensorFlow ends the process where a
// name is registered twice, and two versions of this library may meet in one.
bool registerKernel(const char* name, void (*compute)(void*, Context*), std::vector<const char*> inputs,
                    std::vector<const char*> outputs);

#define LATENT_KERNEL(name, compute, ...) \
  const bool name =                       \
      registerKernel(#name, [](void*, Context* context) { guarded(compute, context); }, __VA_ARGS__);
#endif

// LATENT_KERNEL(Name, compute, inputs, outputs) makes a kernel known when this library is loaded; inputs and outputs are
// given as in "x: float".

}  // namespace latent
