/* Stands between a program and its disk: counts what it asks of a folder, makes one of these requests fail, and writes down
 * what was done. Loaded with LD_PRELOAD; see faults/shim.rs for the settings.
 *
 *   FAULTS_UNDER  the folder that is watched, absolute
 *   FAULTS_AT     which request fails, counted from 1; none where it is missing
 *   FAULTS_HOW    an errno as a number; `short`: half of a write; `kill`: SIGKILL before it; `after`: SIGKILL behind it;
 *                 `tear`: half of a write, then SIGKILL; `lost`: `runs` in it is renamed away first
 *   FAULTS_ON     with 1, every later request that takes space fails too (a disk that stays full)
 *   FAULTS_THREAD which thread cannot be begun, counted from 1: the system has no more of them
 *   FAULTS_FLOCK  what every request for a lock is answered, an errno as a number: a file system that has none
 *   FAULTS_ONCE   a file that is made then; where it is there already, all goes well
 *   FAULTS_TRACE  a file that gets a line for each request: a letter, the path, and what belongs to it
 *
 * Letters: c opened for writing, w written, f synced, t cut, r renamed, u unlinked, m folder made, o opened for reading,
 * d folder listed, x refused by the system itself, which counts as all others do; `s` is a line that was told on standard error, which is no request.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
#define REAL(name) ((__typeof__(&name))real(#name))

static char under[PATH_MAX], how[16];
static size_t under_length;
static long at, seen;
static int on, trace = -1;
static long no_thread, threads;
static char once[PATH_MAX];
static char *names[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("FAULTS_UNDER");
  if (!text) return;
  snprintf(under, sizeof under, "%s", text);
  under_length = strlen(under);
  if ((text = getenv("FAULTS_AT"))) at = atol(text);
  if ((text = getenv("FAULTS_HOW"))) snprintf(how, sizeof how, "%s", text);
  on = (text = getenv("FAULTS_ON")) && *text == '1';
  if ((text = getenv("FAULTS_THREAD"))) no_thread = atol(text);
  if ((text = getenv("FAULTS_ONCE"))) snprintf(once, sizeof once, "%s", text);
  if ((text = getenv("FAULTS_TRACE"))) trace = REAL(open)(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The absolute path, where it lies in the watched folder; the caller's buffer holds it. */
static const char *watched(const char *path, char *buffer) {
  if (!under_length) return NULL;
  if (*path != '/') {
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here)) return NULL;
    if (snprintf(buffer, PATH_MAX, "%s/%s", here, path) >= PATH_MAX) return NULL;
  } else if (snprintf(buffer, PATH_MAX, "%s", path) >= PATH_MAX) return NULL;
  if (strncmp(buffer, under, under_length) || (buffer[under_length] && buffer[under_length] != '/')) return NULL;
  return buffer;
}

static const char *name_of(int file) { return file >= 0 && file < FILES ? names[file] : NULL; }

static void remember(int file, const char *path) {
  if (file < 0 || file >= FILES) return;
  free(names[file]);
  names[file] = path ? strdup(path) : NULL;
}

/* One line: letter, path, the rest, and bytes as hexadecimal digits. */
static void note(char letter, const char *path, const char *more, const void *bytes, size_t length) {
  if (trace < 0) return;
  int kept = errno;
  char *line = malloc(2 * PATH_MAX + 2 * length + 16);
  int end = sprintf(line, "%c\t%s\t%s\t", letter, path, more);
  for (size_t i = 0; i < length; i++) end += sprintf(line + end, "%02x", ((const unsigned char *)bytes)[i]);
  line[end++] = '\n';
  pthread_mutex_lock(&lock);
  if (REAL(write)(trace, line, end) != end) _exit(99);
  pthread_mutex_unlock(&lock);
  free(line);
  errno = kept;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

enum { GOES_ON, FAILS, HALF, HALF_THEN_DIES, DIES_AFTER };

/* What becomes of the next request. `takes_space`: it fails on a disk that stays full. */
static int fate(int takes_space) {
  pthread_mutex_lock(&lock);
  long number = ++seen;
  pthread_mutex_unlock(&lock);
  if (!at || number < at || (number > at && !(on && takes_space))) return GOES_ON;
  if (!strcmp(how, "kill")) die();
  if (!strcmp(how, "after")) return DIES_AFTER;
  if (!strcmp(how, "short")) return HALF;
  if (!strcmp(how, "tear")) return HALF_THEN_DIES;
  if (!strcmp(how, "lost")) {
    char here[PATH_MAX + 16], away[PATH_MAX + 16];
    snprintf(here, sizeof here, "%s/runs", under);
    snprintf(away, sizeof away, "%s/away", under);
    REAL(rename)(here, away);
    return GOES_ON;
  }
  errno = atoi(how);
  return FAILS;
}

#define ASK(space) \
  int fated = fate(space); \
  if (fated == FAILS) return -1
#define DONE \
  do { if (fated == DIES_AFTER || fated == HALF_THEN_DIES) die(); } while (0)

static int open_any(int (*call)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  const char *whole = watched(path, buffer);
  if (!whole) {
    int file = call(path, flags, mode);
    remember(file, NULL);
    return file;
  }
  int writes = (flags & O_ACCMODE) != O_RDONLY;
  ASK(flags & O_CREAT);
  struct stat before;
  int is_new = stat(path, &before) != 0;
  int file = call(path, flags, mode);
  if (file >= 0) remember(file, whole);
  char letter = file < 0 ? 'x' : writes ? 'c' : 'o';
  note(letter, whole, is_new ? "new" : flags & O_TRUNC ? "cut" : "", NULL, 0);
  DONE;
  return file;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); } \
    return open_any(REAL(name), path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t length) {
  const char *name = name_of(file);
  if (file == STDERR_FILENO && under_length) note('s', "", "", bytes, length);
  if (!name) return REAL(write)(file, bytes, length);
  ASK(1);
  size_t taken = fated == HALF || fated == HALF_THEN_DIES ? (length + 1) / 2 : length;
  ssize_t done = REAL(write)(file, bytes, taken);
  note(done < 0 ? 'x' : 'w', name, "", bytes, done < 0 ? 0 : done);
  DONE;
  return done;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  if (!name_of(file)) return REAL(writev)(file, parts, count);
  for (int i = 0; i < count; i++)
    if (parts[i].iov_len) return write(file, parts[i].iov_base, parts[i].iov_len);
  return 0;
}

int close(int file) {
  remember(file, NULL);
  return REAL(close)(file);
}

#define SYNC(call) \
  int call(int file) { \
    const char *name = name_of(file); \
    if (!name) return REAL(call)(file); \
    ASK(0); \
    int done = REAL(call)(file); \
    note(done ? 'x' : 'f', name, "", NULL, 0); \
    DONE; \
    return done; \
  }
SYNC(fsync)
SYNC(fdatasync)

#define CUT(call, type) \
  int call(int file, type length) { \
    const char *name = name_of(file); \
    if (!name) return REAL(call)(file, length); \
    ASK(0); \
    int done = REAL(call)(file, length); \
    char text[32]; \
    snprintf(text, sizeof text, "%lld", (long long)length); \
    note(done ? 'x' : 't', name, text, NULL, 0); \
    DONE; \
    return done; \
  }
CUT(ftruncate, off_t)
CUT(ftruncate64, off64_t)

int rename(const char *from, const char *to) {
  char first[PATH_MAX], second[PATH_MAX];
  const char *whole = watched(from, first), *target = watched(to, second);
  if (!whole || !target) return REAL(rename)(from, to);
  ASK(1);
  int done = REAL(rename)(from, to);
  note(done ? 'x' : 'r', whole, target, NULL, 0);
  DONE;
  return done;
}

int unlink(const char *path) {
  char buffer[PATH_MAX];
  const char *whole = watched(path, buffer);
  if (!whole) return REAL(unlink)(path);
  ASK(0);
  int done = REAL(unlink)(path);
  note(done ? 'x' : 'u', whole, "", NULL, 0);
  DONE;
  return done;
}

int mkdir(const char *path, mode_t mode) {
  char buffer[PATH_MAX];
  const char *whole = watched(path, buffer);
  if (!whole) return REAL(mkdir)(path, mode);
  ASK(1);
  int done = REAL(mkdir)(path, mode);
  note(done ? 'x' : 'm', whole, "", NULL, 0);
  DONE;
  return done;
}

DIR *opendir(const char *path) {
  char buffer[PATH_MAX];
  const char *whole = watched(path, buffer);
  if (!whole) return REAL(opendir)(path);
  int fated = fate(0);
  if (fated == FAILS) return NULL;
  DIR *done = REAL(opendir)(path);
  note(done ? 'd' : 'x', whole, "", NULL, 0);
  DONE;
  return done;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how_made, void *(*work)(void *), void *with) {
  pthread_mutex_lock(&lock);
  long number = ++threads;
  pthread_mutex_unlock(&lock);
  if (no_thread && number == no_thread && (!*once || REAL(open)(once, O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0)) return EAGAIN;
  return REAL(pthread_create)(thread, how_made, work, with);
}

int flock(int file, int operation) {
  const char *text = getenv("FAULTS_FLOCK");
  if (!text) return REAL(flock)(file, operation);
  errno = atoi(text);
  return -1;
}
