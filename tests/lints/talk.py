"""Mistakes in a conversation, each one made or mended.

talk.py LINT made|mended: see also waiting.py.
"""

import array
import fcntl
import os
import select
import socket
import sys
import threading

from both_ends import (
    MENDED,
    RECEIVE,
    in_thread,
    listener,
    pair,
    to_the_end,
    until_it_sleeps,
)

REUSE = (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


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


def short_send_then_none():
    """For the other bytes that follow there is no room at all."""
    client, server = pair()
    client.setblocking(False)
    given, sent = more_than_fits(), 0
    reader = None
    while sent < len(given):
        try:
            # What is behind the rest stands for an answer that comes next.
            start = sent if MENDED else len(given) // 2 if sent else 0
            sent += client.send(given[start:])
        except BlockingIOError:
            if not MENDED:
                break
            reader = reader or in_thread(to_the_end, server)
            select.select([], [client], [])
    reader = reader or in_thread(to_the_end, server)
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
