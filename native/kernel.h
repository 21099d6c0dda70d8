// What every kernel here needs: TensorFlow's C interface in a few lines, vectors, and threads.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace latent {

// As many floats as a register of the instruction set that this file is compiled for has.
#if defined(__AVX512F__)
constexpr int LANES = 16;
#else
constexpr int LANES = 8;
#endif
typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t IntVector __attribute__((vector_size(LANES * sizeof(float))));

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

// A tensor of an op's input; it is freed with this.
class Input {
 public:
  Input(TF_OpKernelContext* context, int index);
  ~Input() { TF_DeleteTensor(tensor_); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  int64_t size() const { return TF_TensorElementCount(tensor_); }
  int64_t dim(int axis) const { return TF_Dim(tensor_, axis); }
  float* floats() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  int32_t* ints() const { return static_cast<int32_t*>(TF_TensorData(tensor_)); }

 private:
  TF_Tensor* tensor_;
};

// A new tensor for an op's output, of numbers that are not set.
float* floatOutput(TF_OpKernelContext* context, int index, const std::vector<int64_t>& shape);
int32_t* intOutput(TF_OpKernelContext* context, int index, const std::vector<int64_t>& shape);

// A float64 as the sum of two float32: tfjs has no wider tensors.
static inline void split(double value, float* high, float* low) {
  *high = static_cast<float>(value);
  *low = static_cast<float>(value - *high);
}

using Compute = void (*)(TF_OpKernelContext*);

// What an op throws is its error in JavaScript.
void guarded(Compute compute, TF_OpKernelContext* context);

// The op's name gets LATENT_SUFFIX, which is set when this is compiled: TensorFlow ends the process where a
// name is registered twice, and two versions of this library may meet in one.
void registerKernel(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs,
                    void (*compute)(void*, TF_OpKernelContext*));

// Registers an op and its kernel when this library is loaded; inputs and outputs are given as in "x: float".
template <Compute compute>
struct Kernel {
  Kernel(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs) {
    registerKernel(name, std::move(inputs), std::move(outputs),
                   [](void*, TF_OpKernelContext* context) { guarded(compute, context); });
  }
};

}  // namespace latent
