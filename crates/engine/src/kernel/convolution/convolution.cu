// Convolutions of pixels (NHWC) as matrix products, from sm_80 on: bfloat16 on tensor cores with sums in single precision, or
// single precision throughout. One text; NVRTC compiles it for each of its variants, which the macros name:
//
//   WIDE   numbers are f32, multiplied and added as such; else bfloat16, by tensor cores
//   TILE   rows of the second factor in a block's tile: 64 or 128
//   and one kernel's name in capitals
//
// Shapes are arguments, so that a network needs few kernels; `plan.rs` says which are launched with what.
//
//   convolve   y[p, o] = sum over taps and channels of x[p moved by the tap, i] w[o, tap, i]
//   weigh      g[split, o, tap, i] = sum over a share of the pixels of dy[p, o] x[p moved by the tap, i]
//   gather     the sum of those shares, as a weight lies
//   arrange    a weight as `convolve` reads it
//   widen      pixels with channels added, all zero, until they fill 16 bytes
//
// Rows of channels fill whole pieces of 16 bytes: what is loaded at once, beside the arithmetic.
#ifndef EMULATED
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned long long u64;
typedef long long i64;

__device__ __forceinline__ u32 shared_address(const void *at) { return (u32)__cvta_generic_to_shared(at); }

// A piece from global to shared memory, some time before it is waited for; zeros where it is not there.
__device__ __forceinline__ void fetch(void *to, const void *from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(there ? 16 : 0));
}
__device__ __forceinline__ void close_group() { asm volatile("cp.async.commit_group;"); }
template <int N> __device__ __forceinline__ void wait_for_all_but() { asm volatile("cp.async.wait_group %0;" ::"n"(N)); }

// Four blocks of eight rows of 16 bytes; lane l names row l % 8 of block l / 8.
__device__ __forceinline__ void load(u32 (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)));
}
__device__ __forceinline__ void load_turned(u32 (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)));
}
// c += a b: 16 x 16 times 16 x 8.
__device__ __forceinline__ void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ __forceinline__ u16 narrow(float x) {
  u16 r;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(r) : "f"(x));
  return r;
}
#endif

#ifdef WIDE
typedef float Number;
__device__ __forceinline__ Number rounded(float x) { return x; }
#else
typedef u16 Number;
__device__ __forceinline__ Number rounded(float x) { return narrow(x); }
#endif

// Numbers of a piece, of a row of the tiles of `convolve`.
#define PIECE (16 / (int)sizeof(Number))
#define DEEP (64 / (int)sizeof(Number))
#define MOST_TAPS 9

// One of the shape's sides, and how `plan.rs` has numbers below 2^31 divided by it.
struct Divisor { i64 by, factor, shift; };
__device__ __forceinline__ int quotient(int n, const Divisor &d) { return (int)(((u64)(u32)n * (u32)d.factor) >> (int)d.shift); }

// Where the numbers of a product lie. `x` has images of `height` x `width` x `inputs`; a pixel of the grid (`rows` x
// `columns` an image) reads those at `stride` times its place and away by each tap, and is written to `y` (`out_height` x
// `out_width` x `outputs`) at `step` times its place and `from`.
struct Sizes {
  i64 pixels, rows, columns, height, width, inputs, outputs, stride, taps;
  i64 out_height, out_width, step, from_row, from_column;
  Divisor image, line;
  i64 splits;
  i64 away_row[MOST_TAPS], away_column[MOST_TAPS];
};

// Four float numbers, 16 bytes.
struct __align__(16) Four { float at[4]; };

#ifdef CONVOLVE
// A block makes TM pixels by TILE outputs. Tiles hold rows of 64 bytes, swizzled so that eight rows of one column of pieces
// lie in different banks.
#define TM 128
#define THREADS (2 * TILE)
#define STAGES (TILE == 64 ? 4 : 3)
#define STAGE_BYTES ((TM + TILE) * 64)
#define LINES (THREADS / 4)

__device__ __forceinline__ int place(int row, int piece) { return row * 64 + ((piece ^ ((row >> 1) & 3)) << 4); }

extern "C" __global__ void __launch_bounds__(THREADS)
convolve(const Number *__restrict__ x, const Number *__restrict__ w, Number *__restrict__ y, const Sizes *__restrict__ sizes) {
  __shared__ __align__(128) unsigned char tiles[STAGES * STAGE_BYTES];
  const int t = threadIdx.x;
  const int inputs = (int)sizes->inputs, outputs = (int)sizes->outputs, pixels = (int)sizes->pixels, taps = (int)sizes->taps;
  const int height = (int)sizes->height, width = (int)sizes->width, columns = (int)sizes->columns, depth = taps * inputs;
  const int p0 = blockIdx.x * TM, o0 = blockIdx.y * TILE, steps = (depth + DEEP - 1) / DEEP;

  // Four threads load a row, and each of them one piece of it, LINES rows apart. k is where its next piece is in a row of w.
  const int piece = t & 3, row = t >> 2;
  int line[TM / LINES], column[TM / LINES], first[TM / LINES];
  #pragma unroll
  for (int i = 0; i < TM / LINES; i++) {
    int p = p0 + row + i * LINES, image = quotient(p, sizes->image), in = p - image * (int)sizes->image.by;
    int r = quotient(in, sizes->line);
    line[i] = p < pixels ? r * (int)sizes->stride : -(1 << 24);
    column[i] = (in - r * columns) * (int)sizes->stride;
    first[i] = image * height;
  }
  int k = piece * PIECE, tap = inputs ? k / inputs : taps, channel = k - tap * inputs;
  auto load_tiles = [&](int stage) {
    unsigned char *a = tiles + stage * STAGE_BYTES, *b = a + TM * 64;
    const bool within = tap < taps;
    const int down = within ? (int)sizes->away_row[tap] : 0, right = within ? (int)sizes->away_column[tap] : 0;
    #pragma unroll
    for (int i = 0; i < TM / LINES; i++) {
      int h = line[i] + down, v = column[i] + right;
      bool there = within && (u32)h < (u32)height && (u32)v < (u32)width;
      fetch(a + place(row + i * LINES, piece), x + (there ? ((i64)(first[i] + h) * width + v) * inputs + channel : 0), there);
    }
    #pragma unroll
    for (int i = 0; i < TILE / LINES; i++) {
      int o = o0 + row + i * LINES;
      bool there = within && o < outputs;
      fetch(b + place(row + i * LINES, piece), w + (there ? (i64)o * depth + k : 0), there);
    }
    k += DEEP;
    for (channel += DEEP; channel >= inputs && tap < taps; channel -= inputs) tap++;
  };

  #pragma unroll
  for (int s = 0; s < STAGES - 1; s++) {
    if (s < steps) load_tiles(s);
    close_group();
  }
#ifdef WIDE
  // A thread makes 8 x 8 numbers, whose rows are TM / 8 and whose outputs TILE / 8 apart.
  const int across = t % (TILE / 8), down = t / (TILE / 8);
  float c[8][8];
  #pragma unroll
  for (int i = 0; i < 8; i++)
    #pragma unroll
    for (int j = 0; j < 8; j++) c[i][j] = 0.f;
#else
  // A warp makes 64 pixels by 32 outputs.
  const int lane = t & 31, warp = t >> 5;
  const int wm = (warp & 1) * 64, wn = (warp >> 1) * 32;
  float c[4][4][4];
  #pragma unroll
  for (int i = 0; i < 4; i++)
    #pragma unroll
    for (int j = 0; j < 4; j++)
      #pragma unroll
      for (int n = 0; n < 4; n++) c[i][j][n] = 0.f;
#endif
  for (int step = 0; step < steps; step++) {
    wait_for_all_but<STAGES - 2>();
    __syncthreads();
    if (step + STAGES - 1 < steps) load_tiles((step + STAGES - 1) % STAGES);
    close_group();
    const unsigned char *a = tiles + step % STAGES * STAGE_BYTES, *b = a + TM * 64;
#ifdef WIDE
    // Not unrolled: registers for one round leave room for two blocks.
    #pragma unroll 1
    for (int four = 0; four < 4; four++) {
      Four fb[8];
      #pragma unroll
      for (int j = 0; j < 8; j++) fb[j] = *(const Four *)(b + place(across + j * (TILE / 8), four));
      #pragma unroll
      for (int i = 0; i < 8; i++) {
        Four fa = *(const Four *)(a + place(down + i * (TM / 8), four));
        #pragma unroll
        for (int j = 0; j < 8; j++)
          #pragma unroll
          for (int n = 0; n < 4; n++) c[i][j] += fa.at[n] * fb[j].at[n];
      }
    }
#else
    #pragma unroll
    for (int half = 0; half < 2; half++) {
      u32 fa[4][4], fb[2][4];
      #pragma unroll
      for (int i = 0; i < 4; i++) load(fa[i], a + place(wm + i * 16 + (lane & 15), half * 2 + (lane >> 4)));
      #pragma unroll
      for (int j = 0; j < 2; j++) load(fb[j], b + place(wn + j * 16 + ((lane >> 4) << 3) + (lane & 7), half * 2 + ((lane >> 3) & 1)));
      #pragma unroll
      for (int i = 0; i < 4; i++)
        #pragma unroll
        for (int j = 0; j < 4; j++) multiply(c[i][j], fa[i], fb[j >> 1][(j & 1) * 2], fb[j >> 1][(j & 1) * 2 + 1]);
    }
#endif
  }

  // Where a pixel of this block is written.
  auto pixel = [&](int p) {
    int image = quotient(p, sizes->image), in = p - image * (int)sizes->image.by;
    int r = quotient(in, sizes->line), v = in - r * columns;
    i64 h = (i64)image * sizes->out_height + r * sizes->step + sizes->from_row;
    return y + (h * sizes->out_width + v * sizes->step + sizes->from_column) * outputs;
  };
#ifdef WIDE
  #pragma unroll
  for (int i = 0; i < 8; i++) {
    int p = p0 + down + i * (TM / 8);
    if (p >= pixels) continue;
    Number *to = pixel(p);
    #pragma unroll
    for (int j = 0; j < 8; j++) {
      int o = o0 + across + j * (TILE / 8);
      if (o < outputs) to[o] = c[i][j];
    }
  }
#else
  // The tile goes through shared memory, so that whole pieces are written: rows of TILE numbers, and 8 more against conflicts.
  wait_for_all_but<0>();
  __syncthreads();
  Number *out = (Number *)tiles;
  #pragma unroll
  for (int i = 0; i < 4; i++)
    #pragma unroll
    for (int j = 0; j < 4; j++)
      #pragma unroll
      for (int n = 0; n < 4; n++)
        out[(wm + i * 16 + (n >> 1) * 8 + (lane >> 2)) * (TILE + 8) + wn + j * 8 + (lane & 3) * 2 + (n & 1)] = rounded(c[i][j][n]);
  __syncthreads();
  for (int at = t; at < TM * TILE / 8; at += THREADS) {
    int r = at / (TILE / 8), o = at % (TILE / 8) * 8, p = p0 + r, left = outputs - o0 - o;
    if (p >= pixels || left <= 0) continue;
    const Number *from = out + r * (TILE + 8) + o;
    Number *to = pixel(p) + o0 + o;
    if (outputs % 8 == 0) *(Four *)to = *(const Four *)from;
    else
      for (int n = 0; n < 8 && n < left; n++) to[n] = from[n];
  }
#endif
}
#endif

#ifdef WEIGH
// A block makes TILE outputs by TN columns (taps and channels, as in a row of w) from a share of the pixels. Tiles hold rows
// of a pixel's numbers, swizzled so that neighbouring rows of one column of pieces lie in different banks.
#define TN 128
#define THREADS (2 * TILE)
#define ROW_BYTES(numbers) ((numbers) * (int)sizeof(Number))
#define STAGES (TILE == 64 ? 4 : 3)
#define STAGE_BYTES (DEEP * (ROW_BYTES(TILE) + ROW_BYTES(TN)))
#define A_PIECES (TILE / PIECE)
#define B_PIECES (TN / PIECE)

__device__ __forceinline__ int place(int row, int piece, int bytes) { return row * bytes + ((piece ^ (row & 7)) << 4); }

extern "C" __global__ void __launch_bounds__(THREADS)
weigh(const Number *__restrict__ dy, const Number *__restrict__ x, float *__restrict__ g, const Sizes *__restrict__ sizes) {
  __shared__ __align__(128) unsigned char tiles[STAGES * STAGE_BYTES];
  const int t = threadIdx.x;
  const int inputs = (int)sizes->inputs, outputs = (int)sizes->outputs, pixels = (int)sizes->pixels;
  const int height = (int)sizes->height, width = (int)sizes->width, columns = (int)sizes->columns, depth = (int)sizes->taps * inputs;
  const int o0 = blockIdx.x * TILE, k0 = blockIdx.y * TN, split = blockIdx.z;
  const i64 all = (pixels + DEEP - 1) / DEEP;
  const int begin = (int)(all * split / sizes->splits), end = (int)(all * (split + 1) / sizes->splits);

  // A thread's pieces of dy lie below each other, and so do its pieces of x: of x it has one tap and one place in the channels.
  const int a_piece = t % A_PIECES, a_row = t / A_PIECES, b_piece = t % B_PIECES, b_row = t / B_PIECES;
  const int k = k0 + b_piece * PIECE, tap = k < depth ? k / inputs : 0, channel = k - tap * inputs;
  const int down = (int)sizes->away_row[tap], right = (int)sizes->away_column[tap];
  auto load_tiles = [&](int step, int stage) {
    unsigned char *a = tiles + stage * STAGE_BYTES, *b = a + DEEP * ROW_BYTES(TILE);
    #pragma unroll
    for (int i = 0; i < DEEP; i += THREADS / A_PIECES) {
      int r = a_row + i, p = step * DEEP + r, o = o0 + a_piece * PIECE;
      bool there = p < pixels && o < outputs;
      fetch(a + place(r, a_piece, ROW_BYTES(TILE)), dy + (there ? (i64)p * outputs + o : 0), there);
    }
    #pragma unroll
    for (int i = 0; i < DEEP; i += THREADS / B_PIECES) {
      int r = b_row + i, p = step * DEEP + r;
      int image = quotient(p, sizes->image), in = p - image * (int)sizes->image.by;
      int l = quotient(in, sizes->line);
      int h = l * (int)sizes->stride + down, v = (in - l * columns) * (int)sizes->stride + right;
      bool there = k < depth && p < pixels && (u32)h < (u32)height && (u32)v < (u32)width;
      fetch(b + place(r, b_piece, ROW_BYTES(TN)), x + (there ? ((i64)(image * height + h) * width + v) * inputs + channel : 0), there);
    }
  };

  #pragma unroll
  for (int s = 0; s < STAGES - 1; s++) {
    if (begin + s < end) load_tiles(begin + s, s);
    close_group();
  }
#ifdef WIDE
  // A thread makes 8 x 8 numbers: two pieces of outputs and two of columns, each pair half a tile apart.
  const int across = t % (TN / 8), below = t / (TN / 8);
  float c[8][8];
  #pragma unroll
  for (int i = 0; i < 8; i++)
    #pragma unroll
    for (int j = 0; j < 8; j++) c[i][j] = 0.f;
#else
  // A warp makes 64 x 32 numbers.
  const int lane = t & 31, warp = t >> 5;
  const int wm = warp % (TILE / 64) * 64, wn = warp / (TILE / 64) * 32;
  float c[4][4][4];
  #pragma unroll
  for (int i = 0; i < 4; i++)
    #pragma unroll
    for (int j = 0; j < 4; j++)
      #pragma unroll
      for (int n = 0; n < 4; n++) c[i][j][n] = 0.f;
#endif
  for (int step = begin; step < end; step++) {
    wait_for_all_but<STAGES - 2>();
    __syncthreads();
    const int stage = (step - begin) % STAGES;
    if (step + STAGES - 1 < end) load_tiles(step + STAGES - 1, (stage + STAGES - 1) % STAGES);
    close_group();
    const unsigned char *a = tiles + stage * STAGE_BYTES, *b = a + DEEP * ROW_BYTES(TILE);
#ifdef WIDE
    #pragma unroll 4
    for (int p = 0; p < DEEP; p++) {
      Four fa[2], fb[2];
      #pragma unroll
      for (int i = 0; i < 2; i++) fa[i] = *(const Four *)(a + place(p, below + i * (TILE / 8), ROW_BYTES(TILE)));
      #pragma unroll
      for (int j = 0; j < 2; j++) fb[j] = *(const Four *)(b + place(p, across + j * (TN / 8), ROW_BYTES(TN)));
      #pragma unroll
      for (int i = 0; i < 8; i++)
        #pragma unroll
        for (int j = 0; j < 8; j++) c[i][j] += fa[i >> 2].at[i & 3] * fb[j >> 2].at[j & 3];
    }
#else
    #pragma unroll
    for (int half = 0; half < 2; half++) {
      u32 fa[4][4], fb[2][4];
      #pragma unroll
      for (int i = 0; i < 4; i++)
        load_turned(fa[i], a + place(half * 16 + (lane & 7) + ((lane >> 4) << 3), (wm + i * 16) / 8 + ((lane >> 3) & 1), ROW_BYTES(TILE)));
      #pragma unroll
      for (int j = 0; j < 2; j++)
        load_turned(fb[j], b + place(half * 16 + (lane & 15), (wn + j * 16) / 8 + (lane >> 4), ROW_BYTES(TN)));
      #pragma unroll
      for (int i = 0; i < 4; i++)
        #pragma unroll
        for (int j = 0; j < 4; j++) multiply(c[i][j], fa[i], fb[j >> 1][(j & 1) * 2], fb[j >> 1][(j & 1) * 2 + 1]);
    }
#endif
  }

  float *to = g + (i64)split * outputs * depth;
  auto put = [&](int m, int n, float value) {
    int o = o0 + m, at = k0 + n;
    if (o < outputs && at < depth) to[(i64)o * depth + at] = value;
  };
#ifdef WIDE
  #pragma unroll
  for (int i = 0; i < 8; i++)
    #pragma unroll
    for (int j = 0; j < 8; j++) put((i >> 2) * (TILE / 2) + below * 4 + (i & 3), (j >> 2) * (TN / 2) + across * 4 + (j & 3), c[i][j]);
#else
  #pragma unroll
  for (int i = 0; i < 4; i++)
    #pragma unroll
    for (int j = 0; j < 4; j++)
      #pragma unroll
      for (int n = 0; n < 4; n++) put(wm + i * 16 + (n >> 1) * 8 + (lane >> 2), wn + j * 8 + (lane & 3) * 2 + (n & 1), c[i][j][n]);
#endif
}
#endif

// Numbers [rows, taps, channels]: the channels padded, and how far apart rows, channels, taps and shares of a sum lie elsewhere.
struct Moved {
  i64 rows, taps, channels, padded, by_row, by_channel, splits, apart;
  i64 tap[MOST_TAPS];
};

// The numbers that a launch makes, one after the other by all threads.
#define EACH(at, count) for (i64 at = (i64)blockIdx.x * blockDim.x + threadIdx.x; at < (count); at += (i64)gridDim.x * blockDim.x)

#ifdef ARRANGE
extern "C" __global__ void arrange(const Number *__restrict__ from, Number *__restrict__ to, const Moved *__restrict__ how) {
  EACH(at, how->rows * how->taps * how->padded) {
    i64 channel = at % how->padded, tap = at / how->padded % how->taps, row = at / how->padded / how->taps;
    to[at] = channel < how->channels ? from[row * how->by_row + channel * how->by_channel + how->tap[tap]] : rounded(0.f);
  }
}
#endif

#ifdef WIDEN
extern "C" __global__ void widen(const Number *__restrict__ from, Number *__restrict__ to, const Moved *__restrict__ how) {
  EACH(at, how->rows * how->padded) {
    i64 channel = at % how->padded, row = at / how->padded;
    to[at] = channel < how->channels ? from[row * how->channels + channel] : rounded(0.f);
  }
}
#endif

#ifdef GATHER
extern "C" __global__ void gather(const float *__restrict__ g, Number *__restrict__ dw, const Moved *__restrict__ how) {
  EACH(at, how->rows * how->channels * how->taps) {
    i64 tap = at % how->taps, channel = at / how->taps % how->channels, row = at / how->taps / how->channels;
    const float *from = g + (row * how->taps + tap) * how->padded + channel;
    float sum = 0.f;
    for (i64 split = 0; split < how->splits; split++) sum += from[split * how->apart];
    dw[at] = rounded(sum);
  }
}
#endif
