"""Mistakes with waiting, each one made or mended.

waiting.py LINT made|mended: see also talk.py.
"""

import ctypes
import fcntl
import os
import resource
import select
import selectors
import socket
import sys
import threading

from both_ends import (
    ACCEPT,
    MENDED,
    in_thread,
    listener,
    pair,
    until_it_sleeps,
)


def select_1024():
    client, _server = pair()
    limit = resource.RLIMIT_NOFILE
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (min(hard, 4096), hard))
    high = fcntl.fcntl(client, fcntl.F_DUPFD, 1030)
    if MENDED:
        poll = select.poll()
        poll.register(high, select.POLLOUT)
        poll.poll()
    else:
        bits = bytearray(256)
        bits[high // 8] |= 1 << high % 8
        bits = (ctypes.c_char * 256).from_buffer(bits)
        ctypes.CDLL(None).select(high + 1, None, bits, None, None)


def select_1024_accepted():
    made = listener()
    limit = resource.RLIMIT_NOFILE
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (min(hard, 4096), hard))
    clients = [socket.create_connection(made.getsockname())]
    server, _ = made.accept()
    clients.append(socket.create_connection(made.getsockname()))
    select.select([made, server], [], [])
    nothing = os.open(os.devnull, os.O_RDONLY)
    while os.dup(nothing) < 1023:
        pass
    high, _ = made.accept()
    if MENDED:
        high.close()
    clients[0].send(b"hello")
    select.select([made, server], [], [])
    server.recv(100)


def accept_sleeps():
    made = listener()
    made.setblocking(not MENDED)
    first = socket.create_connection(made.getsockname())
    select.select([made], [], [])
    taken = in_thread(made.accept)
    taken.join()
    own = threading.get_native_id()

    def wake():
        until_it_sleeps(own, ACCEPT)
        socket.create_connection(made.getsockname()).close()

    waker = None if MENDED else in_thread(wake)
    try:
        made.accept()
    except BlockingIOError:
        pass
    if waker:
        waker.join()
    first.close()


def edge_not_drained():
    client, server = pair()
    server.setblocking(False)
    epoll = select.epoll()
    epoll.register(server, select.EPOLLIN | select.EPOLLET)
    client.sendall(b"x" * 100)
    epoll.poll()
    server.recv(10)
    if MENDED:
        try:
            while True:
                server.recv(10)
        except BlockingIOError:
            pass
    threading.Timer(0.02, client.sendall, [b"more"]).start()
    epoll.poll()
    server.recv(1000)


def busy_polling():
    client, server = pair()
    server.setblocking(False)
    if MENDED:
        threading.Timer(0.02, client.sendall, [b"there"]).start()
        select.select([server], [], [])
    else:
        for _ in range(300):
            try:
                server.recv(100)
            except BlockingIOError:
                pass
        client.sendall(b"there")
    server.recv(100)


def busy_polling_of_select():
    client, server = pair()
    if MENDED:
        threading.Timer(0.02, client.sendall, [b"there"]).start()
        select.select([server], [], [])
    else:
        for _ in range(300):
            select.select([server], [], [], 0)
        client.sendall(b"there")
    server.recv(100)


def busy_polling_for_writing():
    """A server that sends what it has when it can. The client has more to
    come only after a while, which is counted in calls."""
    client, server = pair()
    server.setblocking(False)
    selector = selectors.DefaultSelector()
    always = selectors.EVENT_READ
    if not MENDED:
        always |= selectors.EVENT_WRITE
    selector.register(server, always)
    client.sendall(b"hello")
    waiting, calls = b"", 0

    def leave():
        client.recv(100)
        client.close()

    if MENDED:
        threading.Timer(0.02, leave).start()
    while True:
        calls += 1
        if calls == 300 and not MENDED:
            leave()
        [(_, events)] = selector.select()
        if events & selectors.EVENT_READ:
            piece = server.recv(100)
            if not piece:
                return
            waiting += piece
            if MENDED:
                selector.modify(server, always | selectors.EVENT_WRITE)
        if events & selectors.EVENT_WRITE and waiting:
            waiting = waiting[server.send(waiting):]
            if MENDED:
                selector.modify(server, always)


def nagle_delay():
    client, server = pair()

    def serve():
        got = b""
        while piece := server.recv(100):
            got += piece
            if len(got) == 8:
                server.sendall(b"answer")
                got = b""

    served = in_thread(serve)
    # At first the kernel acknowledges at once; it has to see a dialogue.
    for _ in range(5):
        for piece in [b"question"] if MENDED else [b"q", b"uestion"]:
            client.sendall(piece)
        client.recv(100)
    client.shutdown(socket.SHUT_WR)
    served.join()


globals()[sys.argv[1]]()
