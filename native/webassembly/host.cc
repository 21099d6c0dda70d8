// What kernels have of TensorFlow.js' WebAssembly backend: they are compiled to a module that lives in the backend's memory
// and takes its tensors where they lie. One thread, no exceptions. src/wasm/instantiate.ts has the other side.
#include <cstdlib>
#include <new>

#include "kernel.h"

namespace latent {

// Imported.
#define FROM_JAVASCRIPT(name) __attribute__((import_module("latent"), import_name(#name)))
extern "C" {
FROM_JAVASCRIPT(allocate) void* latentAllocate(size_t bytes);
FROM_JAVASCRIPT(release) void latentRelease(void* pointer);
FROM_JAVASCRIPT(input) void* latentInput(int index);
FROM_JAVASCRIPT(size) int latentSize(int index);
FROM_JAVASCRIPT(dim) int latentDim(int index, int axis);
// A new tensor of float32 (0) or int32 (1) numbers.
FROM_JAVASCRIPT(output) void* latentOutput(int index, int type, const int32_t* shape, int rank);
FROM_JAVASCRIPT(fail) [[noreturn]] void latentFail(const char* message, size_t length);
FROM_JAVASCRIPT(exp) double latentExp(double x);
FROM_JAVASCRIPT(log) double latentLog(double x);
}

int threads() { return 1; }
void makeRoom() {}

void parallelIndexed(int64_t n, int64_t, const std::function<void(int, int64_t, int64_t)>& f) {
  if (n > 0) f(0, 0, n);
}

bool together(int, const std::function<void(int)>& f) {
  f(0);
  return true;
}

// An index in place of a tensor.
Input::Input(Context*, int index) : tensor_(reinterpret_cast<void*>(index)) {}
Input::~Input() {}
int64_t Input::size() const { return latentSize(reinterpret_cast<int>(tensor_)); }
int64_t Input::dim(int axis) const { return latentDim(reinterpret_cast<int>(tensor_), axis); }
void* Input::data() const { return latentInput(reinterpret_cast<int>(tensor_)); }

constexpr const char* OUT_OF_MEMORY = "out of memory";

static void* output(int index, int type, const std::vector<int64_t>& shape) {
  const std::vector<int32_t> narrow(shape.begin(), shape.end());
  void* numbers = latentOutput(index, type, narrow.data(), static_cast<int>(narrow.size()));
  if (numbers == nullptr) fail(OUT_OF_MEMORY);
  return numbers;
}
float* floatOutput(Context*, int index, const std::vector<int64_t>& shape) {
  return static_cast<float*>(output(index, 0, shape));
}
int32_t* intOutput(Context*, int index, const std::vector<int64_t>& shape) {
  return static_cast<int32_t*>(output(index, 1, shape));
}

void fail(const char* message) { latentFail(message, std::strlen(message)); }

}  // namespace latent

// What the standard library's headers ask for.
void std::__libcpp_verbose_abort(const char* format, ...) noexcept { latent::fail(format); }
void* operator new(size_t bytes) {
  void* pointer = latent::latentAllocate(bytes);
  if (pointer == nullptr) latent::fail(latent::OUT_OF_MEMORY);
  return pointer;
}
void* operator new[](size_t bytes) { return operator new(bytes); }
void operator delete(void* pointer) noexcept { latent::latentRelease(pointer); }
void operator delete[](void* pointer) noexcept { latent::latentRelease(pointer); }
void operator delete(void* pointer, size_t) noexcept { latent::latentRelease(pointer); }
void operator delete[](void* pointer, size_t) noexcept { latent::latentRelease(pointer); }

extern "C" {
double exp(double x) { return latent::latentExp(x); }
double log(double x) { return latent::latentLog(x); }

int memcmp(const void* a, const void* b, size_t bytes) {
  const auto *x = static_cast<const unsigned char*>(a), *y = static_cast<const unsigned char*>(b);
  for (size_t i = 0; i < bytes; i++) {
    if (x[i] != y[i]) return x[i] - y[i];
  }
  return 0;
}
size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}
}
