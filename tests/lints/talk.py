"""Mistakes in a conversation, each one made or mended.

talk.py LINT made|mended: both ends of the conversation are in this program,
so that the order of all things is the same each time.
"""

import array
import ctypes
import fcntl
import os
import resource
import select
import socket
import sys
import threading

MENDED = sys.argv[2] == "mended"
REUSE = (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def listener():
    return socket.create_server(("127.0.0.1", 0))


def pair():
    made = listener()
    client = socket.create_connection(made.getsockname())
    server, _ = made.accept()
    made.close()
    return client, server


def to_the_end(end):
    while end.recv(1 << 16):
        pass


def in_thread(what, *args):
    thread = threading.Thread(target=what, args=args)
    thread.start()
    return thread


ACCEPT = ("288 ", "242 ")
RECEIVE = ("45 ", "207 ")


def until_it_sleeps(tid, where):
    """Wait until this thread stands in this call, as the kernel says. The
    numbers are those of x86_64 and of aarch64."""
    while True:
        with open(f"/proc/self/task/{tid}/syscall") as call:
            is_there = call.read().startswith(where)
        with open(f"/proc/self/task/{tid}/stat") as stat:
            if is_there and stat.read().rsplit(") ")[1].startswith("S"):
                return


def more_than_fits():
    """8 MiB, no two places of which are alike."""
    return array.array("I", range(1 << 21)).tobytes()


def short_send():
    client, server = pair()
    client.setblocking(False)
    given = more_than_fits()
    sent = client.send(given)
    if MENDED:
        reader = in_thread(to_the_end, server)
        while sent < len(given):
            select.select([], [client], [])
            sent += client.send(given[sent:])
        client.shutdown(socket.SHUT_WR)
        reader.join()
    else:
        while sent:
            sent -= len(server.recv(sent))
        client.send(b"that is all")
        client.shutdown(socket.SHUT_WR)
        to_the_end(server)


def short_send_then_end():
    client, server = pair()
    client.setblocking(False)
    given = more_than_fits()
    sent = client.send(given)
    reader = in_thread(to_the_end, server)
    if MENDED:
        client.setblocking(True)
        client.sendall(given[sent:])
    client.shutdown(socket.SHUT_WR)
    reader.join()


def end_ignored():
    client, server = pair()
    client.close()
    for _ in range(1 if MENDED else 5):
        server.recv(100)


def send_after_reset():
    client, server = pair()
    server.close()
    for _ in range(4):
        try:
            client.send(b"x")
        except OSError:
            if MENDED:
                break


def byte_reads():
    client, server = pair()
    client.sendall(b"x" * 100)
    for size in [100] if MENDED else [1] * 100:
        server.recv(size)


def cut_datagram():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    one.sendto(b"x" * 100, other.getsockname())
    other.recv(100 if MENDED else 10)


def cut_datagram_waited_for():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    waits = in_thread(other.recvmsg, 100 if MENDED else 10)
    one.sendto(b"x" * 100, other.getsockname())
    waits.join()


def unread_reset():
    client, server = pair()
    client.sendall(b"hello")
    server.sendall(b"good bye")
    if MENDED:
        server.recv(100)
    server.close()
    try:
        to_the_end(client)
    except ConnectionResetError:
        pass


def close_for_shutdown():
    client, server = pair()
    client.sendall(b"question")
    if MENDED:
        client.shutdown(socket.SHUT_WR)
        to_the_end(server)
    else:
        client.close()
        server.recv(100)
    server.sendall(b"answer")
    server.close()
    if MENDED:
        to_the_end(client)


def fixed_port():
    with listener() as made:
        return made.getsockname()


def reuseaddr_missing():
    address, made = fixed_port(), socket.socket()
    if MENDED:
        made.setsockopt(*REUSE)
    made.bind(address)
    made.listen()


def reuseaddr_late():
    address, made = fixed_port(), socket.socket()
    if MENDED:
        made.setsockopt(*REUSE)
    made.bind(address)
    if not MENDED:
        made.setsockopt(*REUSE)
    made.listen()


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


def closed_in_receive():
    client, server = pair()
    reader = threading.Thread(target=server.recv, args=(100,))
    reader.start()
    until_it_sleeps(reader.native_id, RECEIVE)
    if MENDED:
        server.shutdown(socket.SHUT_RDWR)
        reader.join()
        server.close()
    else:
        server.close()
        client.sendall(b"hello")
        reader.join()
    to_the_end(client)


def flags_lost():
    client, _server = pair()
    client.setblocking(False)
    flags = fcntl.fcntl(client, fcntl.F_GETFL) if MENDED else 0
    fcntl.fcntl(client, fcntl.F_SETFL, flags | os.O_ASYNC)


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


def connect_unchecked(address):
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(address)
    select.select([], [client], [])
    error = (socket.SOL_SOCKET, socket.SO_ERROR)
    if MENDED and client.getsockopt(*error):
        return
    try:
        client.send(b"hello")
    except ConnectionRefusedError:
        pass


def connect_refused():
    connect_unchecked(fixed_port())


def connect_not_asked():
    made = listener()
    connect_unchecked(made.getsockname())
    server, _ = made.accept()
    server.recv(100)


globals()[sys.argv[1]]()
