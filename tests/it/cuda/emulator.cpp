// A CUDA block on one thread of the CPU: its threads are fibres that take turns. What the lanes of a warp do together waits
// for all 32, and the last to come does it for all. A piece that is fetched into shared memory arrives at once or only when
// it is waited for, by the toss of a coin, and until then its place holds rubbish: a wait too few and a buffer written too
// early both show. Knows the few operations that our texts are written in.
//
// Compiled with the macros of one kernel and -DTEXT="…"; `emulate` runs it, buffers in the order of its arguments.
#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

typedef uint32_t u32;
typedef uint16_t u16;
typedef uint64_t u64;
typedef int64_t i64;

#define EMULATED
#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static
#define __restrict__
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

struct Side { u32 x = 1, y = 1, z = 1; };

struct Pending { void *to; const void *from; bool there; int group; };

struct Fibre {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  bool ended = false;
  int group = 0;
  std::vector<Pending> pending;
  u64 given[8];  // what the lane brings to what its warp does
  u32 taken[4];  // and what it gets
};

struct Meeting { u32 come = 0, time = 0; };

static struct Block {
  Side grid, index, size;
  u32 now = 0, left = 0, coin = 1;
  std::vector<Fibre> fibres;
  Meeting all;
  std::vector<Meeting> warps;
  ucontext_t home;
} block;

#define threadIdx (Side{block.now, 0, 0})
#define blockIdx (block.index)
#define blockDim (block.size)
#define gridDim (block.grid)

static Fibre &self() { return block.fibres[block.now]; }
static void pass() { swapcontext(&self().context, &block.home); }

// Waits for `count` fibres; the last does `work` before any goes on.
static void meet(Meeting &meeting, u32 count, const std::function<void()> &work) {
  const u32 time = meeting.time;
  if (++meeting.come == count) {
    work();
    meeting.come = 0;
    meeting.time++;
  }
  while (meeting.time == time) pass();
}
static void __syncthreads() { meet(block.all, block.size.x, [] {}); }
static void warp_does(const std::function<void(Fibre *)> &work) {
  const u32 warp = block.now / 32;
  meet(block.warps[warp], 32, [&] { work(&block.fibres[warp * 32]); });
}

static void arrive(const Pending &p) {
  if (p.there) memcpy(p.to, p.from, 16);
  else memset(p.to, 0, 16);
}
static void fetch(void *to, const void *from, bool there) {
  if ((u64)to % 16 || (there && (u64)from % 16)) { fprintf(stderr, "a piece is not aligned\n"); abort(); }
  Pending piece{to, from, there, self().group};
  block.coin = block.coin * 1664525u + 1013904223u;
  if (block.coin >> 31) return arrive(piece);
  memset(to, 0x7f, 16);
  self().pending.push_back(piece);
}
static void close_group() { self().group++; }
template <int N> static void wait_for_all_but() {
  auto &pending = self().pending;
  size_t kept = 0;
  for (const Pending &piece : pending)
    if (piece.group < self().group - N) arrive(piece);
    else pending[kept++] = piece;
  pending.resize(kept);
}

static void load_blocks(u32 (&r)[4], const void *row, bool turned) {
  if ((u64)row % 16) { fprintf(stderr, "a row is not aligned\n"); abort(); }
  self().given[0] = (u64)row;
  warp_does([turned](Fibre *lanes) {
    for (int l = 0; l < 32; l++)
      for (int b = 0; b < 4; b++) {
        auto number = [&](int r, int c) { return (u32)((const u16 *)lanes[b * 8 + r].given[0])[c]; };
        const int r = l / 4, c = l % 4 * 2;
        lanes[l].taken[b] = turned ? number(c, r) | number(c + 1, r) << 16 : number(r, c) | number(r, c + 1) << 16;
      }
  });
  memcpy(r, self().taken, sizeof r);
}
static void load(u32 (&r)[4], const void *row) { load_blocks(r, row, false); }
static void load_turned(u32 (&r)[4], const void *row) { load_blocks(r, row, true); }

static float single(u32 half) {
  u32 bits = half << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
static u16 narrow(float value) {
  u32 bits;
  memcpy(&bits, &value, 4);
  return (u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
static void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  for (int i = 0; i < 4; i++) self().given[i] = a[i];
  self().given[4] = b0;
  self().given[5] = b1;
  memcpy(self().taken, c, sizeof c);
  warp_does([](Fibre *lanes) {
    float a[16][16], b[8][16];
    for (int l = 0; l < 32; l++)
      for (int n = 0; n < 2; n++) {
        auto half = [&](int which) { return single((u32)lanes[l].given[which] >> (16 * n) & 0xffff); };
        const int r = l / 4, k = l % 4 * 2 + n;
        a[r][k] = half(0), a[r + 8][k] = half(1), a[r][k + 8] = half(2), a[r + 8][k + 8] = half(3);
        b[r][k] = half(4), b[r][k + 8] = half(5);
      }
    for (int l = 0; l < 32; l++)
      for (int n = 0; n < 4; n++) {
        float sum;
        memcpy(&sum, &lanes[l].taken[n], 4);
        for (int k = 0; k < 16; k++) sum += a[l / 4 + (n >> 1) * 8][k] * b[l % 4 * 2 + (n & 1)][k];
        memcpy(&lanes[l].taken[n], &sum, 4);
      }
  });
  memcpy(c, self().taken, sizeof c);
}

#include TEXT

static std::function<void()> body;

static void live() {
  body();
  self().ended = true;
  block.left--;
  pass();
}

static void run_block() {
  const u32 threads = block.size.x;
  block.left = threads;
  block.all = {};
  block.warps.assign(threads / 32, {});
  for (Fibre &fibre : block.fibres) {
    fibre.ended = false;
    fibre.group = 0;
    fibre.pending.clear();
    getcontext(&fibre.context);
    fibre.context.uc_stack.ss_sp = fibre.stack.get();
    fibre.context.uc_stack.ss_size = 1 << 16;
    fibre.context.uc_link = &block.home;
    makecontext(&fibre.context, live, 0);
  }
  while (block.left > 0)
    for (block.now = 0; block.now < threads; block.now++)
      if (!self().ended) swapcontext(&block.home, &self().context);
}

template <class... Args, size_t... Places>
static void call(void (*kernel)(Args...), void **buffers, std::index_sequence<Places...>) {
  body = [=] { kernel((Args)buffers[Places]...); };
}
template <class... Args> static void bind(void (*kernel)(Args...), void **buffers) {
  call(kernel, buffers, std::index_sequence_for<Args...>{});
}

// 0 where there is such a kernel.
extern "C" int emulate(const char *name, const u32 *grid, u32 threads, void **buffers) {
  const auto is = [name](const char *known) { return !strcmp(name, known); };
#ifdef CONVOLVE
  if (is("convolve")) bind(convolve, buffers);
#endif
#ifdef WEIGH
  if (is("weigh")) bind(weigh, buffers);
#endif
#ifdef ARRANGE
  if (is("arrange")) bind(arrange, buffers);
#endif
#ifdef WIDEN
  if (is("widen")) bind(widen, buffers);
#endif
#ifdef GATHER
  if (is("gather")) bind(gather, buffers);
#endif
  if (!body) return 1;
  block.grid = {grid[0], grid[1], grid[2]};
  block.size = {threads, 1, 1};
  block.fibres = std::vector<Fibre>(threads);
  for (Fibre &fibre : block.fibres) fibre.stack.reset(new char[1 << 16]);
  for (u32 z = 0; z < grid[2]; z++)
    for (u32 y = 0; y < grid[1]; y++)
      for (u32 x = 0; x < grid[0]; x++) {
        block.index = {x, y, z};
        run_block();
      }
  body = nullptr;
  return 0;
}
