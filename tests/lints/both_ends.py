"""Both ends of a conversation in one program, so that the order of all things
is the same each time."""

import socket
import sys
import threading

MENDED = sys.argv[2] == "mended"


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
