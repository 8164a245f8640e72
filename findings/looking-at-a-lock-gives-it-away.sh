#!/usr/bin/env bash
# Guess:   while a process holds a lock, no other runner of the sweep gets it, and no other part of its own.
# Happens: with fasteners two parts of one process both get it; the first to give it back gives away the lock of the other;
#          and so does opening the lock's file to see who holds it, and closing it: from then on another process gets
#          the lock while the holder's `acquired` is still true. Its locks are of the process and the file, not of whoever
#          asked (POSIX record locks). filelock and portalocker refuse the second, and survive a look.
# Matters: a runner with two threads trains one trial twice, and a dashboard that shows holders, in the same process, frees
#          every trial it shows for other machines. Nothing is reported: two runs write one folder.
# Seen:    fasteners 0.20, filelock 4.3.1, portalocker 4.4.2, Linux, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages fasteners==0.20 filelock==4.3.1 portalocker==4.4.2

run <<'PY'
import subprocess, sys

def fasteners(file):
    import fasteners
    return lambda lock=fasteners.InterProcessLock(file): lock.acquire(blocking=False) and lock

def filelock(file):
    import filelock
    def take():
        lock = filelock.FileLock(file)
        try:
            lock.acquire(timeout=0.1)
            return lock
        except filelock.Timeout:
            return False
    return take

def portalocker(file):
    import portalocker
    def take():
        lock = portalocker.Lock(file, timeout=0.1)
        try:
            lock.acquire()
            return lock
        except portalocker.exceptions.BaseLockException:
            return False
    return take

tries = {
    "fasteners": "import fasteners; print(fasteners.InterProcessLock('{0}').acquire(blocking=False))",
    "filelock": "import filelock\ntry:\n  filelock.FileLock('{0}').acquire(timeout=0.1); print(True)\nexcept filelock.Timeout:\n  print(False)",
    "portalocker": "import portalocker\ntry:\n  portalocker.Lock('{0}', timeout=0.1).acquire(); print(True)\n"
                   "except portalocker.exceptions.BaseLockException:\n  print(False)",
}

def another_process_gets_it(name, file):
    return subprocess.run([sys.executable, "-c", tries[name].format(file)], check=True, capture_output=True, text=True).stdout == "True\n"

seen = {}
for name, of in (("fasteners", fasteners), ("filelock", filelock), ("portalocker", portalocker)):
    first = of(f"{name}.lock")()
    held = not another_process_gets_it(name, f"{name}.lock")
    open(f"{name}.lock").close() # who holds it?
    looked_at = another_process_gets_it(name, f"{name}.lock")

    one, other = of(f"{name}-2.lock")(), of(f"{name}-2.lock")()
    both = bool(one) and bool(other)
    if both:
        other.release()
    given_back = another_process_gets_it(name, f"{name}-2.lock")
    seen[name] = held, looked_at, both, given_back
    print(f"{name:11}: another process is kept out {held}, and gets it after a look {looked_at}; "
          f"two of one process get it {both}; another process gets it once one has given it back {given_back}")
    if name == "fasteners":
        assert first.acquired and one.acquired
assert seen == {"fasteners": (True, True, True, True), "filelock": (True, False, False, False), "portalocker": (True, False, False, False)}
PY
