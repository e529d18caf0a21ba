# SPDX-License-Identifier: GPL-2.0-or-later
#
# python_load - Python functions that use known shares of CPU time.
#
#   python3 python_load.py CASE SECONDS
#
# Each case spends SECONDS of CPU time and says on standard output, for each function, how much
# of it was spent under it: "NAME SECONDS", by the kernel's clock of the thread. Needs nothing but
# the standard library.
import sys
import time
from functools import reduce

spent = {}


def spin(seconds):
    until = time.thread_time() + seconds
    n = 0
    while time.thread_time() < until:
        for i in range(200):
            n += i
    return n


def timed(name, function, *args):
    began = time.thread_time()
    result = function(*args)
    spent[name] = spent.get(name, 0) + time.thread_time() - began
    return result


# --- functions that spin themselves: 50, 30 and 20 of 100 ---

def half(seconds):
    until = time.thread_time() + seconds
    n = 0
    while time.thread_time() < until:
        for i in range(200):
            n += i


def third(seconds):
    until = time.thread_time() + seconds
    n = 0
    while time.thread_time() < until:
        for i in range(200):
            n ^= i


class Fifth:
    def fifth(self, seconds):
        until = time.thread_time() + seconds
        n = 0
        while time.thread_time() < until:
            for i in range(200):
                n -= i


def shares(seconds):
    for _ in range(10):
        timed('half', half, seconds * 0.05)
        timed('third', third, seconds * 0.03)
        timed('Fifth.fifth', Fifth().fifth, seconds * 0.02)


# --- recursion ---

def down(depth, seconds):
    if depth:
        return down(depth - 1, seconds)
    return spin(seconds)


def recursion(seconds):
    timed('down', down, 40, seconds)


def deep(seconds):
    sys.setrecursionlimit(3000)
    timed('down', down, 1500, seconds)


# --- generators ---

def numbers(seconds):
    for _ in range(20):
        spin(seconds / 20)
        yield 1


def passed_on(seconds):
    yield from numbers(seconds)


def generators(seconds):
    timed('numbers', sum, passed_on(seconds))


# --- C that calls back ---

def key_sorted(x):
    spin(x)
    return x


def key_mapped(x):
    return spin(x)


def key_reduced(a, x):
    spin(x)
    return x


def via_sorted(seconds):
    return sorted([seconds / 10] * 10, key=key_sorted)


def via_map(seconds):
    return list(map(key_mapped, [seconds / 10] * 10))


def via_reduce(seconds):
    return reduce(key_reduced, [seconds / 10] * 10, 0)


# By turns: what a machine that is held back misses is of all of them.
def callbacks(seconds):
    for _ in range(10):
        timed('via_sorted', via_sorted, seconds / 30)
        timed('via_map', via_map, seconds / 30)
        timed('via_reduce', via_reduce, seconds / 30)


def foreign(seconds):
    import ctypes

    left = [seconds]
    compare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def key_foreign(a, b):
        part = min(left[0], seconds / 10)
        left[0] -= part
        if part > 0:
            spin(part)
        return 0

    def via_qsort():
        array = (ctypes.c_int * 16)()
        ctypes.CDLL(None).qsort(array, 16, 4, compare_type(key_foreign))

    timed('via_qsort', via_qsort)


# --- what is in flight when exceptions are ---

def raising(n, seconds):
    try:
        if n:
            raising(n - 1, seconds)
        else:
            raise ValueError(n)
    except ValueError:
        spin(seconds)
        if n < 5:
            raise


def exceptions(seconds):
    timed('raising', raising, 5, seconds / 6)


# --- threads and tasks ---

def in_thread(seconds):
    spin(seconds)


def threads(seconds):
    import threading

    all_of_them = [threading.Thread(target=timed, args=('in_thread', in_thread, seconds / 4))
                   for _ in range(4)]
    for thread in all_of_them:
        thread.start()
    for thread in all_of_them:
        thread.join()


async def in_task(seconds):
    import asyncio

    for _ in range(10):
        timed('in_task', spin, seconds / 10)
        await asyncio.sleep(0)


async def gathered(seconds):
    import asyncio

    await asyncio.gather(*[in_task(seconds / 4) for _ in range(4)])


def tasks(seconds):
    import asyncio

    asyncio.run(gathered(seconds))


# --- names of other scripts than Latin ---

def größe(seconds):
    spin(seconds)


def 大きさ(seconds):
    spin(seconds)


def unicode(seconds):
    for _ in range(10):
        timed('größe', größe, seconds / 20)
        timed('大きさ', 大きさ, seconds / 20)


# --- gone at once, and asleep ---

def brief(seconds):
    import os

    for _ in range(20):
        child = os.fork()
        if not child:
            half(seconds / 20)
            os._exit(0)
        os.waitpid(child, 0)
    spent['half'] = seconds


def asleep(seconds):
    import threading

    threading.Event().wait(seconds)


def main():
    globals()[sys.argv[1]](float(sys.argv[2]))
    for name, seconds in spent.items():
        print(name, round(seconds, 6))


main()
