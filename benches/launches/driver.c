// A CUDA driver without a card: memory is the host's, kernels are taken and not run, and what is asked of it is written down
// in the file that $LAUNCHES names. With NVIDIA's run-time compiler beside it, every kernel of the product is compiled as for
// an H100, recorded steps are held to the driver's rules, and launches are counted. Numbers mean nothing.
#include <cuda.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef cuDeviceTotalMem
#undef cuMemAlloc

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *out(void) {
    static FILE *file;
    if (!file) {
        const char *path = getenv("LAUNCHES");
        file = fopen(path ? path : "/dev/null", "a");
    }
    return file;
}

#define SAY(...) (pthread_mutex_lock(&lock), fprintf(out(), __VA_ARGS__), fflush(out()), pthread_mutex_unlock(&lock))

// What is recorded: how many kernels, how many copies.
struct CUgraph_st { int kernels, copies; };
struct CUgraphExec_st { int kernels, copies; };
struct CUstream_st { struct CUgraph_st *recorded; };
struct CUevent_st { double at; };
struct CUfunc_st { char name[200]; };
static struct CUstream_st standard;
static int recording;

// The device's time in milliseconds, which launches take: those that measure what it can do best take long, so that they are
// content.
static double now;
static void took(const char *name) {
    pthread_mutex_lock(&lock);
    now += strstr(name, "throughput") || strstr(name, "overhead") ? 50 : 0.01;
    pthread_mutex_unlock(&lock);
}
static CUstream of(CUstream stream) { return (size_t)stream < 16 ? &standard : stream; }
// What a recording in global mode does not allow anywhere in the process.
static CUresult unsafe(const char *what) {
    if (!recording) return CUDA_SUCCESS;
    SAY("refused %s\n", what);
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult cuInit(unsigned flags) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *version) { *version = 12090; return CUDA_SUCCESS; }
CUresult cuGetErrorName(CUresult error, const char **text) { *text = "error"; return CUDA_SUCCESS; }
CUresult cuGetErrorString(CUresult error, const char **text) { *text = "of the driver without a card"; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *device, int index) { *device = index; return CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *count) { *count = 1; return CUDA_SUCCESS; }
CUresult cuDeviceGetName(char *name, int length, CUdevice device) { snprintf(name, length, "no card, as an NVIDIA H100"); return CUDA_SUCCESS; }
CUresult cuDeviceGetUuid(CUuuid *id, CUdevice device) { memset(id, 7, sizeof *id); return CUDA_SUCCESS; }
CUresult cuDeviceGetUuid_v2(CUuuid *id, CUdevice device) { return cuDeviceGetUuid(id, device); }
CUresult cuDeviceGetLuid(char *luid, unsigned *mask, CUdevice device) { return CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuDeviceGetPCIBusId(char *id, int length, CUdevice device) { snprintf(id, length, "0000:00:00.0"); return CUDA_SUCCESS; }
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) { *bytes = 80ul << 30; return CUDA_SUCCESS; }
CUresult cuMemGetInfo_v2(size_t *free, size_t *total) { *free = *total = 80ul << 30; return CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
    switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = 9; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = 0; break;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *value = 32; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = 132; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *value = 232448; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR: *value = 233472; break;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = 1024; break;
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y: *value = 1024; break;
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z: *value = 64; break;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X: *value = 2147483647; break;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z: *value = 65535; break;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: *value = 50 << 20; break;
    default: *value = 1;
    }
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) { *context = (CUcontext)8; return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) { return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext context) { return CUDA_SUCCESS; }
CUresult cuCtxGetCurrent(CUcontext *context) { *context = (CUcontext)8; return CUDA_SUCCESS; }
CUresult cuCtxGetDevice(CUdevice *device) { *device = 0; return CUDA_SUCCESS; }
CUresult cuCtxSynchronize(void) { return unsafe("synchronisation"); }
CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest) { *least = *greatest = 0; return CUDA_SUCCESS; }

CUresult cuStreamCreate(CUstream *stream, unsigned flags) { *stream = calloc(1, sizeof **stream); return CUDA_SUCCESS; }
CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int priority) { return cuStreamCreate(stream, flags); }
CUresult cuStreamDestroy_v2(CUstream stream) { return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream stream) { return unsafe("synchronisation"); }
CUresult cuStreamQuery(CUstream stream) { return CUDA_SUCCESS; }
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) { return CUDA_SUCCESS; }
CUresult cuEventCreate(CUevent *event, unsigned flags) { *event = calloc(1, sizeof **event); return CUDA_SUCCESS; }
CUresult cuEventRecord(CUevent event, CUstream stream) { event->at = now; return CUDA_SUCCESS; }
CUresult cuEventSynchronize(CUevent event) { return unsafe("waiting for an event"); }
CUresult cuEventQuery(CUevent event) { return CUDA_SUCCESS; }
CUresult cuEventDestroy_v2(CUevent event) { free(event); return CUDA_SUCCESS; }
CUresult cuEventElapsedTime(float *ms, CUevent from, CUevent to) { *ms = to->at - from->at; return CUDA_SUCCESS; }
CUresult cuEventElapsedTime_v2(float *ms, CUevent from, CUevent to) { return cuEventElapsedTime(ms, from, to); }

CUresult cuMemAlloc_v2(CUdeviceptr *at, size_t bytes) {
    CUresult refused = unsafe("an allocation");
    if (refused) return refused;
    void *memory;
    if (posix_memalign(&memory, 512, bytes ? bytes : 512)) return CUDA_ERROR_OUT_OF_MEMORY;
    *at = (CUdeviceptr)memory;
    SAY("allocated %zu\n", bytes);
    return CUDA_SUCCESS;
}
CUresult cuMemAllocAsync(CUdeviceptr *at, size_t bytes, CUstream stream) { return cuMemAlloc_v2(at, bytes); }
CUresult cuMemFree_v2(CUdeviceptr at) { free((void *)at); return CUDA_SUCCESS; }
CUresult cuMemFreeAsync(CUdeviceptr at, CUstream stream) { return cuMemFree_v2(at); }
CUresult cuMemAllocHost_v2(void **at, size_t bytes) {
    CUresult refused = unsafe("an allocation on the host");
    if (refused) return refused;
    return posix_memalign(at, 512, bytes ? bytes : 512) ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void *at) { free(at); return CUDA_SUCCESS; }
static CUresult copied(void *to, const void *from, size_t bytes, CUstream stream) {
    if (of(stream)->recorded) of(stream)->recorded->copies++;
    else { memcpy(to, from, bytes); SAY("copied %zu\n", bytes); }
    return CUDA_SUCCESS;
}
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) { return copied((void *)to, from, bytes, stream); }
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) { return copied(to, (void *)from, bytes, stream); }
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) { return copied((void *)to, (void *)from, bytes, stream); }
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *c, CUstream stream) {
    char *to = c->dstMemoryType == CU_MEMORYTYPE_HOST ? c->dstHost : (char *)c->dstDevice;
    const char *from = c->srcMemoryType == CU_MEMORYTYPE_HOST ? c->srcHost : (const char *)c->srcDevice;
    for (size_t row = 0; row < c->Height; row++) copied(to + row * c->dstPitch, from + row * c->srcPitch, c->WidthInBytes, stream);
    return CUDA_SUCCESS;
}
CUresult cuMemsetD8Async(CUdeviceptr at, unsigned char value, size_t bytes, CUstream stream) { memset((void *)at, value, bytes); return CUDA_SUCCESS; }

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
    *module = (CUmodule)8;
    char what[300] = "loading a module";
    // Where it is PTX, its kernel has a name.
    const char *entry = strstr(image, ".entry ");
    if (entry) snprintf(what, sizeof what, "loading %.*s", (int)strcspn(entry + 7, "("), entry + 7);
    return unsafe(what);
}
CUresult cuModuleUnload(CUmodule module) { return CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
    *function = calloc(1, sizeof **function);
    snprintf((*function)->name, sizeof (*function)->name, "%s", name);
    return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) { return CUDA_SUCCESS; }
CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction function) { *value = 0; return CUDA_SUCCESS; }
CUresult cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                        unsigned shared, CUstream stream, void **arguments, void **extra) {
    took(function->name);
    if (of(stream)->recorded) { of(stream)->recorded->kernels++; SAY("recorded %s\n", function->name); }
    else SAY("launched %s\n", function->name);
    return CUDA_SUCCESS;
}
CUresult cuLaunchKernelEx(const CUlaunchConfig *c, CUfunction function, void **arguments, void **extra) {
    return cuLaunchKernel(function, c->gridDimX, c->gridDimY, c->gridDimZ, c->blockDimX, c->blockDimY, c->blockDimZ,
                          c->sharedMemBytes, c->hStream, arguments, extra);
}
CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *at, const cuuint64_t *dims,
                                const cuuint64_t *strides, const cuuint32_t *box, const cuuint32_t *steps,
                                CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion,
                                CUtensorMapFloatOOBfill fill) { return CUDA_SUCCESS; }
CUresult cuTensorMapEncodeIm2col(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *at, const cuuint64_t *dims,
                                 const cuuint64_t *strides, const int *lower, const int *upper, cuuint32_t channels,
                                 cuuint32_t pixels, const cuuint32_t *steps, CUtensorMapInterleave interleave,
                                 CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill) { return CUDA_SUCCESS; }

CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
    of(stream)->recorded = calloc(1, sizeof(struct CUgraph_st));
    recording++;
    SAY("recording begins\n");
    return CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
    *graph = of(stream)->recorded;
    of(stream)->recorded = NULL;
    recording--;
    SAY("recording ends: %d kernels, %d copies\n", (*graph)->kernels, (*graph)->copies);
    return CUDA_SUCCESS;
}
CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count) {
    if (!nodes) *count = graph->kernels;
    else for (size_t i = 0; i < *count; i++) nodes[i] = (CUgraphNode)8;
    return CUDA_SUCCESS;
}
CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType *type) { *type = CU_GRAPH_NODE_TYPE_KERNEL; return CUDA_SUCCESS; }
CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long flags) {
    *exec = calloc(1, sizeof **exec);
    (*exec)->kernels = graph->kernels;
    (*exec)->copies = graph->copies;
    return CUDA_SUCCESS;
}
CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) { return CUDA_SUCCESS; }
CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
    SAY("replayed %d kernels, %d copies\n", exec->kernels, exec->copies);
    return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec exec) { free(exec); return CUDA_SUCCESS; }
CUresult cuGraphDestroy(CUgraph graph) { free(graph); return CUDA_SUCCESS; }
// The run-time compiler asks for these two, and does without.
CUresult cuGetExportTable(const void **table, const CUuuid *id) { *table = NULL; return CUDA_ERROR_NOT_FOUND; }
CUresult cuGetProcAddress_v2(const char *name, void **at, int version, cuuint64_t flags, CUdriverProcAddressQueryResult *status) { *at = NULL; return CUDA_ERROR_NOT_FOUND; }
