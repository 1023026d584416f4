"""Work that is shared out among this process and copies of it, each on a core of its own.

An interpreter runs one function at a time, and a fork of the process is another interpreter with
the same objects. The law: nobody can tell. A fork gives what this process would have given; where it
does not (a function raised, somebody killed it, there is no memory for one) this process does the
work itself. So only functions that reach nothing but their arguments run in a fork (`_confined`), and
a fork ends with its work, with this process, or at the latest when it is ten times as slow.
"""

import gc
import os
import pickle
import select
import signal
import threading
import time
import warnings

#: The seconds that a fork may take longer than ten times what this process took for as much.
_PATIENCE = 10

#: True where a fork can tell which files it has to let go of, and how many cores there are: on Linux.
ARE_POSSIBLE = os.path.isdir("/proc/self/fd") and hasattr(os, "sched_getaffinity")

#: Of Linux: the signal that a process gets when the thread that has made it ends.
_PR_SET_PDEATHSIG = 1

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def in_forks(work, shares, on_failure):
    """The list of `work(item)` for every item of the lists in `shares`, in order.

    The first share is this process's own. `on_failure` is called when a fork has not done its share,
    before this process does it.
    """
    prctl = _prctl()
    # A fork reads from it until this process is gone.
    alive, forks, made = _pipe(), [], []
    began = time.monotonic()
    try:
        for share in shares[1:]:
            forks.append(_Fork(work, share, alive, prctl))
        made.extend(map(work, shares[0]))
        limit = began + 10 * (time.monotonic() - began) + _PATIENCE
        for share, fork in zip(shares[1:], forks):
            its = fork.made(limit)
            if its is None:
                on_failure()
                its = map(work, share)
            made.extend(its)
        return made
    finally:
        for fork in forks:
            fork.end()
        for end in alive:
            os.close(end)


def _prctl():
    """The call by which a fork ends with the thread that waits for it, even amid a call of C; or None."""
    try:
        import ctypes

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None


def _pipe():
    """The two ends of a pipe, or nothing if the process may have no more files."""
    try:
        return os.pipe()
    except OSError:
        return ()


class _Fork:
    """A copy of this process that does a share of the work, or none if there can be no copy."""

    def __init__(self, work, share, alive, prctl):
        self._made = self._pid = None
        ends = alive and _pipe()
        if not ends:
            return
        reads, writes = ends
        self._made = os.fdopen(reads, "rb")
        try:
            with warnings.catch_warnings():
                # Functions in a fork take no lock that another thread could hold.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._pid = os.fork()
        except OSError:
            # No more processes, or no memory for one.
            pass
        if self._pid == 0:
            if prctl is not None:
                prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            _live(work, share, writes, alive)
        os.close(writes)

    def made(self, limit):
        """The list that the fork has made, or None; it has to begin to send it until `limit`."""
        if self._pid is None:
            return None
        poll = select.poll()
        poll.register(self._made, select.POLLIN)
        try:
            if poll.poll(max(limit - time.monotonic(), 0) * 1000):
                return pickle.load(self._made)
        except Exception:
            # It has ended before it was through.
            pass
        return None

    def end(self):
        """Leaves nothing of the fork."""
        if self._made is not None:
            self._made.close()
        if self._pid is None:
            return
        try:
            # Until it has been waited for, its number is no other process's.
            if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
        except ChildProcessError:
            # The program has waited for its children itself.
            pass


def _live(work, share, writes, alive):
    """The life of a fork. A signal means the process, which ends its forks."""
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        _let_go(writes, alive[0])
        threading.Thread(target=_end_with, args=(alive[0],), daemon=True).start()
        # The objects that are there are not looked through, which would copy their pages.
        gc.freeze()
        made = list(map(work, share))
        with os.fdopen(writes, "wb") as file:
            pickle.dump(made, file, 4)
    finally:
        os._exit(0)


def _let_go(*kept):
    """Closes all files but some: locks, connections and outputs are this process's."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                # The list's own.
                pass


def _end_with(alive):
    # Nobody writes to it: it ends.
    os.read(alive, 1)
    os._exit(1)
