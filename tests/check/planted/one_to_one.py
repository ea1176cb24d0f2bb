#!/usr/bin/env python3
"""A one_to_one that is right, or makes the one mistake it is told to.

    one_to_one.py [--mistake MISTAKE] HOST PORT
    one_to_one.py [--mistake MISTAKE] server PORT
    one_to_one.py --mistakes

Two people talk in turns. Both sides run the same loop; the client begins with
the user, the server with the network.
"""

import argparse
import os
import select
import signal
import socket
import sys
import termios
import time

# Each mistake, and the case of either side that fails because of it. It is in
# the code of that side alone, so that only its cases are to be tried.
MISTAKES = {
    "mute": {"server": "answers", "client": "speaks"},
    "blind": {"server": "hears", "client": "hears"},
    "one-exchange": {"server": "turns", "client": "turns"},
    "types-ahead": {"server": "alternates", "client": "alternates"},
    "sends-blank": {"server": "blank", "client": "blank"},
    "ignores-end": {"server": "next", "client": "left"},
    "waits-for-lf": {"server": "raw", "client": "raw"},
    "cr-is-goodbye": {"server": "cr-lf", "client": "cr-lf"},
    "small-buffer": {"server": "long-message", "client": "long-answer"},
    "cuts-line": {"server": "long-line", "client": "long-line"},
    "ascii": {"server": "accents", "client": "accents"},
    "text-only": {"server": "bytes", "client": "bytes"},
    "wants-all": {"server": "flood", "client": "flood"},
    "ignores-sigint": {"server": "interrupt", "client": "interrupt"},
    "traceback": {"server": "interrupt-status", "client": "interrupt-status"},
    "no-line-end": {"server": "line-end", "client": "line-end"},
    "blank-and-end": {"server": "blank-unsent", "client": "blank-unsent"},
    "bare-is-message": {"server": "bare-end", "client": "bare-end"},
    "prompts": {"server": "plain", "client": "plain"},
    "byte-reads": {"server": "calls", "client": "calls"},
    "never-listens": {"server": "ready"},
    "own-address": {"server": "address"},
    "speaks-first": {"server": "begins"},
    "blank-is-exit": {"server": "after-blank"},
    "keeps-open": {"server": "closes"},
    "drops-waiting": {"server": "queue"},
    "looks-ahead": {"server": "half-close"},
    "first-unchecked": {"server": "silent"},
    "sends-twice": {"server": "left"},
    "reset-is-exit": {"server": "reset"},
    "late-is-exit": {"server": "reset-late"},
    "leaks": {"server": "descriptors"},
    "no-reuse": {"server": "restart"},
    "remembers": {"server": "forgets"},
    "eof-is-exit": {"server": "ctrl-d"},
    "wrong-port": {"client": "connects"},
    "exit-1": {"client": "status"},
    "drains": {"client": "early"},
    "impatient": {"client": "slow"},
    "sends-again": {"client": "at-once"},
    "ignores-reset": {"client": "reset"},
    "hides-refusal": {"client": "refused"},
    "first-address": {"client": "two-addresses"},
    "eof-is-error": {"client": "end"},
}
mistake = None


def main():
    host, port = arguments()
    if mistake == "ignores-sigint":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if host == "server":
            serve(port)
        else:
            visit(host, port)
    except KeyboardInterrupt:
        if mistake == "traceback":
            raise


def arguments():
    """Of a mistake that the other side would make nothing is left."""
    global mistake
    parser = argparse.ArgumentParser()
    parser.add_argument("--mistakes", action="store_true")
    parser.add_argument("--mistake")
    parser.add_argument("host", nargs="?")
    parser.add_argument("port", nargs="?", type=int)
    options = parser.parse_args()
    if options.mistakes:
        for name, cases in MISTAKES.items():
            for side, case in cases.items():
                print(f"{side}-{name} {side}-{case}")
        sys.exit()
    if options.port is None:
        parser.error("HOST PORT, or server PORT")
    side = "server" if options.host == "server" else "client"
    name = (options.mistake or "").removeprefix(f"{side}-")
    if name in MISTAKES:
        mistake = name
    return options.host, options.port


# The server


listener = None


def serve(port):
    global listener
    listener = socket.socket()
    if mistake != "no-reuse":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    host = "127.0.0.1" if mistake == "own-address" else "0.0.0.0"
    listener.bind((host, port))
    if mistake == "never-listens":
        signal.pause()
    listener.listen(5)
    greeting = None
    if mistake == "speaks-first":
        greeting = typed_before_a_client_is_there()
    while True:
        client, _ = listener.accept()
        with client:
            if greeting is not None:
                client.sendall(greeting + b"\n")
                greeting = None
            hold(client)
        if mistake != "remembers":
            forget()


def hold(client):
    """One client, until it has gone in one way or the other."""
    try:
        talk(client, "server")
    except BrokenPipeError:
        if mistake == "sends-twice":
            raise
    except ConnectionError:
        pass


def typed_before_a_client_is_there():
    found, _, _ = select.select([listener, 0], [], [])
    return None if listener in found else read_line()


def drop_waiting():
    while select.select([listener], [], [], 0)[0]:
        listener.accept()[0].close()


# The client


def visit(host, port):
    try:
        server = connect(host, port)
    except ConnectionRefusedError as error:
        print(f"{host}:{port}: {error.strerror}", file=sys.stderr)
        sys.exit(0 if mistake == "hides-refusal" else 1)
    with server:
        try:
            talk(server, "client")
        except OSError as error:
            sys.exit(f"{host}:{port}: {error}")
    if mistake == "exit-1":
        sys.exit(1)


def connect(host, port):
    if mistake == "wrong-port":
        port += 1
    if mistake == "first-address":
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        server = socket.socket(*answers[0][:3])
        server.connect(answers[0][4])
        return server
    return socket.create_connection((host, port))


# Both


def talk(peer, side):
    if side == "server" and not hear(peer, is_first=True):
        return
    is_first = True
    while (line := read_line()) is not None:
        if line == b"" and mistake != "sends-blank":
            break
        if mistake == "drains" and is_first:
            drain(peer)
        if mistake == "looks-ahead" and is_gone(peer):
            return
        say(peer, line)
        if not hear(peer):
            return
        if mistake == "one-exchange":
            return
        if mistake == "impatient":
            peer.settimeout(0.5)
        is_first = False
    if mistake == "blank-and-end":
        peer.sendall(b"\r\n")
    if mistake == "blank-is-exit" and line == b"":
        sys.exit()
    if line is None and mistake in ("eof-is-exit", "eof-is-error"):
        sys.exit("end of input")


def say(peer, line):
    if mistake == "mute":
        return
    if mistake == "drops-waiting":
        drop_waiting()
    end = b"" if mistake == "no-line-end" else b"\n"
    try:
        if mistake in ("sends-twice", "sends-again"):
            peer.sendall(line)
            time.sleep(0.05)
            line = b""
        peer.sendall(line + end)
    except BrokenPipeError:
        if mistake == "sends-again":
            while True:
                time.sleep(1)
        raise
    except ConnectionResetError:
        if mistake == "late-is-exit":
            sys.exit("the client has gone")
        raise


def hear(peer, is_first=False):
    """Shows one message; False when it was the last."""
    try:
        message = receive(peer)
    except ConnectionResetError:
        if mistake == "reset-is-exit":
            sys.exit("the client has gone")
        if mistake != "ignores-reset":
            raise
        message = b"?"
    if not message and mistake == "leaks" and is_first:
        kept.append(peer.dup())
        peer.shutdown(socket.SHUT_RDWR)
    if not message and mistake == "keeps-open" and not is_first:
        kept[:] = [peer.dup()]
    if not message and mistake == "first-unchecked" and is_first:
        return True
    if not message and mistake == "ignores-end" and not is_first:
        return True
    if mistake == "cr-is-goodbye" and message.endswith(b"\r\n"):
        return False
    text = message.rstrip(b"\r\n")
    if not text:
        return mistake == "bare-is-message" and message != b""
    if mistake == "text-only":
        text.decode()
    show(text + b"\n")
    return True


# Sockets that are not closed when they should be
kept = []


def receive(peer):
    if mistake == "byte-reads":
        return receive_bytes(peer)
    message = peer.recv(100 if mistake == "small-buffer" else 4096)
    while mistake == "waits-for-lf" and not message.endswith(b"\n"):
        if not (more := peer.recv(4096)):
            break
        message += more
    while mistake == "wants-all" and len(message) >= 4096:
        if not (more := peer.recv(4096)):
            break
        message += more
    return message


def receive_bytes(peer):
    message = peer.recv(1)
    peer.setblocking(False)
    try:
        while len(message) < 4096 and (byte := peer.recv(1)):
            message += byte
    except BlockingIOError:
        pass
    peer.setblocking(True)
    return message


def drain(peer):
    if select.select([peer], [], [], 0)[0]:
        show(peer.recv(4096))


def is_gone(peer):
    peek = socket.MSG_PEEK | socket.MSG_DONTWAIT
    try:
        return peer.recv(1, peek) == b""
    except BlockingIOError:
        return False


def show(text):
    if mistake != "blind":
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()


# What the user types, and was not read yet
ahead = b""


def read_line():
    """The line without its end, or None at the end of input."""
    global ahead
    if mistake == "prompts":
        sys.stdout.write("> ")
        sys.stdout.flush()
    if mistake == "types-ahead":
        return os.read(0, 65536).removesuffix(b"\n")
    while b"\n" not in ahead:
        piece = os.read(0, 4096)
        if not piece:
            line, ahead = ahead, b""
            return line or None
        ahead += piece
    line, _, ahead = ahead.partition(b"\n")
    if mistake == "cuts-line":
        line = line[:1024]
    if mistake == "ascii":
        line.decode("ascii")
    return line.removesuffix(b"\r")


def forget():
    """Nothing that was meant for one client reaches the next."""
    global ahead
    ahead = b""
    if os.isatty(0):
        termios.tcflush(0, termios.TCIFLUSH)
        return
    while select.select([0], [], [], 0)[0] and os.read(0, 4096):
        pass


main()
