#!/usr/bin/env python3
"""An echo client that is right, or makes the one mistake it is told to.

    echo_client.py [--mistake MISTAKE] --host HOST --port PORT MESSAGE
    echo_client.py --mistakes

It sends the message as it is and reads until as many bytes have come back.
The reply goes to standard output, and what it does to standard error.
"""

import argparse
import os
import signal
import socket
import sys

# Each mistake, and the case that fails because of it.
MISTAKES = {
    "wrong-port": "connects",
    "line-end": "message",
    "exit-1": "status",
    "own-message": "output",
    "waits-for-end": "stops",
    "one-recv": "pieces",
    "short-is-last": "bytes",
    "waits-for-short": "full",
    "characters": "counted",
    "decodes-pieces": "cut",
    "recv-first": "empty",
    "thousand-pieces": "long",
    "impatient": "slow",
    "reads-the-rest": "flood",
    "ignores-end": "early-end",
    "half-is-enough": "early-status",
    "nothing-is-fine": "at-once",
    "hides-reset": "reset",
    "hides-refusal": "refused",
    "first-address": "two-addresses",
    "ignores-sigint": "interrupt",
    "text-only": "not-text",
    "quiet": "log",
    "byte-reads": "calls",
}
PIECE = 16
mistake = None


def main():
    options = arguments()
    message = os.fsencode(options.message)
    if mistake == "ignores-sigint":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        log(f"connecting to {options.host} port {options.port}")
        with connect(options.host, options.port) as server:
            log(f'sending "{options.message}"')
            server.sendall(message)
            if mistake == "line-end":
                server.sendall(b"\n")
            reply = receive(server, expected(message))
            log("closing socket")
    except OSError as error:
        leave(f"{options.host} port {options.port}: {error}", error)
    if len(reply) < expected(message) and not is_enough(reply):
        leave(f"{len(reply)} of {len(message)} bytes came back")
    show(message if mistake == "own-message" else reply)
    if mistake == "exit-1":
        sys.exit(1)


def arguments():
    global mistake
    parser = argparse.ArgumentParser()
    parser.add_argument("--mistakes", action="store_true")
    parser.add_argument("--mistake", choices=MISTAKES)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=10000)
    parser.add_argument("message", nargs="?")
    options = parser.parse_args()
    if options.mistakes:
        for name, case in MISTAKES.items():
            print(name, case)
        sys.exit()
    if options.message is None:
        parser.print_usage(sys.stderr)
        sys.exit(1)
    mistake = options.mistake
    return options


def connect(host, port):
    if mistake == "wrong-port":
        port += 1
    if mistake == "first-address":
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        server = socket.socket(*answers[0][:3])
        server.connect(answers[0][4])
        return server
    return socket.create_connection((host, port))


def expected(message):
    """So many bytes are to come back."""
    if mistake == "characters":
        return len(os.fsdecode(message))
    return len(message)


def receive(server, length):
    """As many bytes, or fewer if the server ends before."""
    if mistake == "one-recv":
        return server.recv(4096) if length else b""
    reply, pieces = b"", 0
    if mistake == "impatient":
        server.settimeout(0.5)
    while wants_more(reply, pieces, length):
        piece = server.recv(1 if mistake == "byte-reads" else PIECE)
        server.settimeout(None)
        reply += piece
        pieces += 1
        if mistake != "byte-reads":
            log_piece(piece)
        if mistake == "short-is-last" and len(piece) < PIECE:
            break
        if mistake == "waits-for-short":
            if len(reply) >= length and len(piece) < PIECE:
                break
        if not piece and mistake != "ignores-end":
            break
    if mistake == "byte-reads":
        for place in range(0, len(reply), PIECE):
            log_piece(reply[place : place + PIECE])
    if mistake == "reads-the-rest":
        while len(reply) > length and (piece := server.recv(4096)):
            reply += piece
    return reply


def wants_more(reply, pieces, length):
    if mistake == "waits-for-end":
        return True
    if mistake == "recv-first" and pieces == 0:
        return True
    if mistake == "waits-for-short" and length > 0:
        return True
    if mistake == "thousand-pieces" and pieces == 1000:
        return False
    return len(reply) < length


def is_enough(reply):
    """Whether it is content with less than the message."""
    if mistake == "nothing-is-fine":
        return not reply
    return mistake == "half-is-enough" and reply


def leave(words, error=None):
    print(f"echo_client: {words}", file=sys.stderr)
    hides_reset = mistake == "hides-reset"
    hides_refusal = mistake == "hides-refusal"
    if hides_reset and isinstance(error, ConnectionResetError):
        sys.exit(0)
    if hides_refusal and isinstance(error, ConnectionRefusedError):
        sys.exit(0)
    sys.exit(1)


def show(reply):
    if mistake == "text-only":
        reply.decode()
    sys.stdout.buffer.write(reply + b"\n")


def log_piece(piece):
    errors = "strict" if mistake == "decodes-pieces" else "replace"
    log(f'received "{piece.decode(errors=errors)}"')


def log(words):
    if mistake != "quiet":
        print(words, file=sys.stderr)


main()
