// What kernels have of TensorFlow, through its C interface, and of the system's threads.
#include "kernel.h"

#include <sched.h>

#include <algorithm>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace latent {

int threads() {
  static const int count = [] {
    cpu_set_t set;
    const bool known = sched_getaffinity(0, sizeof set, &set) == 0;  // not where there are more than 1024
    return std::max(1, known ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency()));
  }();
  return count;
}

void makeRoom() { std::this_thread::yield(); }

void parallelIndexed(int64_t n, int64_t grain, const std::function<void(int, int64_t, int64_t)>& f) {
  const int64_t grains = (n + grain - 1) / grain;
  const int parts = static_cast<int>(std::min<int64_t>(threads(), grains));
  std::vector<std::exception_ptr> failures(parts);
  const auto run = [&](int part) {
    const auto bound = [&](int64_t at) { return std::min(n, grains * at / parts * grain); };
    try {
      f(part, bound(part), bound(part + 1));
    } catch (...) {  // out of a thread of its own, it would end the process
      failures[part] = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  int part = 1;
  try {
    for (; part < parts; part++) others.emplace_back(run, part);
  } catch (const std::exception&) {
    // The system gives no more threads: this one does what is left.
  }
  for (; part < parts; part++) run(part);
  if (parts > 0) run(0);
  for (auto& other : others) other.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

bool together(int count, const std::function<void(int)>& f) {
  std::promise<bool> started;
  const auto all = started.get_future().share();
  std::vector<std::thread> others;
  others.reserve(count);
  try {
    for (int part = 1; part < count; part++) {
      others.emplace_back([&f, all, part] {
        if (all.get()) f(part);
      });
    }
  } catch (const std::exception&) {
    // The system gives no more threads.
  }
  const bool there = static_cast<int>(others.size()) == count - 1;
  started.set_value(there);
  if (there) f(0);
  for (auto& other : others) other.join();
  return there;
}

namespace {

void check(TF_Status* status) {
  const bool failed = TF_GetCode(status) != TF_OK;
  const std::string message = failed ? TF_Message(status) : "";
  TF_DeleteStatus(status);
  if (failed) throw std::runtime_error(message);
}

void* output(Context* context, int index, TF_DataType type, const std::vector<int64_t>& shape) {
  size_t bytes = TF_DataTypeSize(type);
  for (int64_t size : shape) bytes *= size;
  TF_Status* status = TF_NewStatus();
  TF_Tensor* tensor = TF_AllocateOutput(context, index, type, shape.data(), shape.size(), bytes, status);
  check(status);
  void* data = TF_TensorData(tensor);
  TF_DeleteTensor(tensor);  // the context holds it
  return data;
}

}  // namespace

Input::Input(Context* context, int index) {
  TF_Status* status = TF_NewStatus();
  TF_Tensor* tensor = nullptr;
  TF_GetInput(context, index, &tensor, status);
  check(status);
  tensor_ = tensor;
}

namespace {
TF_Tensor* of(void* tensor) { return static_cast<TF_Tensor*>(tensor); }
}  // namespace

Input::~Input() { TF_DeleteTensor(of(tensor_)); }
int64_t Input::size() const { return TF_TensorElementCount(of(tensor_)); }
int64_t Input::dim(int axis) const { return TF_Dim(of(tensor_), axis); }
void* Input::data() const { return TF_TensorData(of(tensor_)); }

float* floatOutput(Context* context, int index, const std::vector<int64_t>& shape) {
  return static_cast<float*>(output(context, index, TF_FLOAT, shape));
}

int32_t* intOutput(Context* context, int index, const std::vector<int64_t>& shape) {
  return static_cast<int32_t*>(output(context, index, TF_INT32, shape));
}

void fail(const char* message) { throw std::runtime_error(message); }

void guarded(Compute compute, Context* context) {
  try {
    compute(context);
  } catch (const std::exception& error) {
    TF_Status* status = TF_NewStatus();
    TF_SetStatus(status, TF_INTERNAL, error.what());
    TF_OpKernelContext_Failure(context, status);
    TF_DeleteStatus(status);
  }
}

bool registerKernel(const char* name, void (*compute)(void*, Context*), std::vector<const char*> inputs,
                    std::vector<const char*> outputs) {
  const std::string type = std::string(name) + LATENT_SUFFIX;
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(type.c_str());
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* out : outputs) TF_OpDefinitionBuilderAddOutput(op, out);
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, TF_ShapeInferenceContextSetUnknownShape);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(op, status);
  check(status);
  status = TF_NewStatus();
  TF_KernelBuilder* kernel = TF_NewKernelBuilder(type.c_str(), "CPU", nullptr, compute, nullptr);
  TF_RegisterKernelBuilder(type.c_str(), kernel, status);
  check(status);
  return true;
}

}  // namespace latent

// Node loads this library as an addon; what it is for happens when it is loaded. It is linked so that it
// stays (-z nodelete): a worker that ends would unload it, and TensorFlow would call what is gone.
extern "C" __attribute__((visibility("default"))) void* napi_register_module_v1(void*, void* exports) {
  return exports;
}
