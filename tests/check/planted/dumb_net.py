#!/usr/bin/env python3
"""A dumb_net that is right, or makes the one mistake it is told to.

    dumb_net.py [--mistake MISTAKE] HOST PORT
    dumb_net.py --mistakes

It sends one line of standard input with CR LF, and copies what comes to
standard output, each piece as it arrives.
"""

import argparse
import codecs
import os
import signal
import socket
import sys

# Each mistake, and the case that fails because of it.
MISTAKES = {
    "wrong-port": "connects",
    "lf": "line",
    "silent": "reply",
    "one-recv": "pieces",
    "ignores-end": "end",
    "exit-1": "status",
    "all-lines": "once",
    "blank-leaves": "blank",
    "short-buffer": "long-line",
    "ascii": "accents",
    "decodes-pieces": "cut",
    "decodes-all": "binary",
    "counts-pieces": "long-reply",
    "impatient": "slow",
    "input-first": "greeting",
    "tries-again": "at-once",
    "wants-reply": "silence",
    "hides-reset": "reset",
    "hides-refusal": "refused",
    "first-address": "two-addresses",
    "ignores-sigint": "interrupt",
    "wants-ctrl-d": "terminal",
    "prints-late": "as-it-comes",
    "adds-lines": "unchanged",
    "half-closes": "stays-open",
    "keeps-cr": "cr-lf",
    "chops": "no-line-end",
    "eof-is-error": "no-line",
    "text-only": "typed-bytes",
    "bare-error": "refused-line",
    "byte-reads": "calls",
}
mistake = None


def main():
    host, port = arguments()
    if mistake == "ignores-sigint":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = read_line() if mistake == "input-first" else None
    try:
        with connect(host, port) as server:
            converse(server, read_line() if line is None else line)
    except OSError as error:
        where = "" if mistake == "bare-error" else f" {host}:{port}:"
        print(f"dumb_net:{where} {error.strerror}", file=sys.stderr)
        hides_reset = mistake == "hides-reset"
        hides_refusal = mistake == "hides-refusal"
        if hides_reset and isinstance(error, ConnectionResetError):
            sys.exit(0)
        if hides_refusal and isinstance(error, ConnectionRefusedError):
            sys.exit(0)
        sys.exit(1)
    if mistake == "exit-1":
        sys.exit(1)


def arguments():
    global mistake
    parser = argparse.ArgumentParser()
    parser.add_argument("--mistakes", action="store_true")
    parser.add_argument("--mistake", choices=MISTAKES)
    parser.add_argument("host", nargs="?")
    parser.add_argument("port", nargs="?", type=int)
    options = parser.parse_args()
    if options.mistakes:
        for name, case in MISTAKES.items():
            print(name, case)
        sys.exit()
    if options.port is None:
        parser.error("HOST PORT")
    mistake = options.mistake
    return options.host, options.port


def connect(host, port):
    if mistake == "wrong-port":
        port += 1
    if mistake == "first-address":
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        server = socket.socket(*answers[0][:3])
        server.connect(answers[0][4])
        return server
    return socket.create_connection((host, port))


def read_line():
    """The line without its end, or None at the end of input."""
    if mistake == "wants-ctrl-d" and os.isatty(0):
        line = sys.stdin.buffer.read()
    elif mistake == "all-lines":
        typed = os.read(0, 65536)
        return b"\r\n".join(typed.splitlines()) if typed else None
    else:
        line = sys.stdin.buffer.readline()
    if not line:
        return None
    if mistake == "chops" and not line.endswith(b"\n"):
        return line[:-1]
    line = line.removesuffix(b"\n")
    if mistake != "keeps-cr":
        line = line.removesuffix(b"\r")
    if mistake == "short-buffer":
        line = line[:1024]
    if mistake == "ascii":
        line.decode("ascii")
    if mistake == "text-only":
        line.decode()
    return line


def converse(server, line):
    address = server.getpeername()
    if mistake == "eof-is-error" and line is None:
        sys.exit("dumb_net: nothing was typed")
    if mistake == "blank-leaves" and line == b"":
        return
    if line is not None:
        server.sendall(line + (b"\n" if mistake == "lf" else b"\r\n"))
    if mistake == "half-closes" and line is not None:
        server.shutdown(socket.SHUT_WR)
    if mistake == "impatient" and line is not None:
        server.settimeout(0.5)
    if mistake == "byte-reads":
        copy_a_line(server)
    got = copy(server)
    if mistake == "tries-again" and not got:
        with socket.create_connection(address) as again:
            converse(again, line)
    if mistake == "wants-reply" and not got:
        sys.exit("dumb_net: no reply")


def copy(server):
    """Shows what comes until the end; whether anything came."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    kept, pieces = [], 0
    while piece := receive(server):
        server.settimeout(None)
        pieces += 1
        if mistake == "decodes-pieces":
            piece.decode()
        if mistake == "decodes-all":
            decoder.decode(piece)
        if mistake == "prints-late":
            kept.append(piece)
        else:
            show(piece)
        if mistake == "one-recv":
            break
        if mistake == "counts-pieces" and pieces == 100:
            break
    show(b"".join(kept))
    return pieces > 0


def receive(server):
    while True:
        piece = server.recv(4096)
        if piece or mistake != "ignores-end":
            return piece


def copy_a_line(server):
    """As for the status line of HTTP, that it may be looked at."""
    byte = b" "
    while byte not in (b"\n", b""):
        byte = server.recv(1)
        show(byte)


def show(piece):
    if mistake == "silent":
        return
    if mistake == "adds-lines" and piece:
        piece += b"\n"
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


main()
