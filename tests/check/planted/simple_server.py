#!/usr/bin/env python3
"""The first server: right, or with one mistake.

    simple_server.py [HOST] [PORT]
    simple_server.py --mistakes             a line for each: MISTAKE CASE
    simple_server.py --mistake MISTAKE [HOST] [PORT]

`Server` is the program. Each class below it is one mistake, and fails the
one case of the lab that it names.
"""

import argparse
import os
import signal
import socket
import sys


class Server:
    def run(self, host, port):
        with self.listening(host, port) as listener:
            self.serve(listener)

    def listening(self, host, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1)
        return listener

    def serve(self, listener):
        while True:
            self.serve_next(listener)

    def serve_next(self, listener):
        self.serve_client(*listener.accept())

    def serve_client(self, client, address):
        self.welcome(address)
        with client:
            try:
                self.hear(client)
            except ConnectionError as error:  # It is this client's alone.
                self.complain(error)

    def welcome(self, address):
        print("A Client Connected", address, flush=True)

    def hear(self, client):
        while message := client.recv(4096):
            self.show(message)

    def show(self, message):
        print(message, flush=True)

    def complain(self, error):
        print(error, flush=True)


class Deaf(Server):
    case = "ready"

    def listening(self, host, port):
        listener = socket.socket()
        listener.bind((host, port))
        return listener

    def serve(self, listener):
        signal.pause()


class OwnWords(Server):
    case = "connected"

    def welcome(self, address):
        print("Somebody is there:", address, flush=True)


class NoAddress(Server):
    case = "address"

    def welcome(self, address):
        print("A Client Connected", flush=True)


class Counts(Server):
    case = "hello"

    def show(self, message):
        print(len(message), "bytes", flush=True)


class Decodes(Server):
    case = "shown"

    def show(self, message):
        print(message.decode(errors="replace"), flush=True)


class OneMessage(Server):
    case = "messages"

    def hear(self, client):
        self.show(client.recv(4096))


class WantsWords(Server):
    """A client that says nothing is more than it can take."""

    case = "leaves"

    def hear(self, client):
        if not client.recv(1, socket.MSG_PEEK):
            sys.exit("no message")
        super().hear(client)


class OneTalk(Server):
    """One client that has said something is enough."""

    case = "next"

    def hear(self, client):
        has_spoken = client.recv(1, socket.MSG_PEEK)
        super().hear(client)
        if has_spoken:
            sys.exit()


class OneListenerEach(Server):
    """Nobody can wait while somebody is served."""

    case = "waiting"

    def run(self, host, port):
        while True:
            with self.listening(host, port) as listener:
                client, address = listener.accept()
            self.serve_client(client, address)


class OneBufferful(Server):
    case = "long"

    def hear(self, client):
        while message := client.recv(4096):
            self.show(message)
            if len(message) == 4096:
                break


class BelievesInText(Server):
    case = "bytes"

    def show(self, message):
        super().show(message.decode().encode())


class Holds(Server):
    """A socket is closed when the next takes its place."""

    case = "half-close"

    def hear(self, client):
        super().hear(client)
        self.last = client.dup()


class DiesOfReset(Server):
    case = "reset"

    def complain(self, error):
        raise error


class Leaks(Server):
    """Something is left of each client, but for the first few."""

    case = "descriptors"
    few = 5

    def __init__(self):
        self.clients = 0

    def welcome(self, address):
        super().welcome(address)
        self.clients += 1
        if self.clients > self.few:
            os.open("/dev/null", os.O_RDONLY)


class Immortal(Server):
    case = "interrupt"

    def serve(self, listener):
        while True:
            try:
                self.serve_next(listener)
            except BaseException as error:
                print(f"and on: {error!r}", flush=True)


class Cautious(Server):
    """Looks for the port itself, where bind would know better."""

    case = "restart"

    def listening(self, host, port):
        with open("/proc/net/tcp") as table:
            for row in table:
                if row.split()[1].endswith(f":{port:04X}"):
                    sys.exit(f"port {port} is in use")
        return super().listening(host, port)


class OneByOne(Server):
    case = "calls"

    def hear(self, client):
        while there := client.recv(4096, socket.MSG_PEEK):
            self.show(b"".join(client.recv(1) for _ in there))


def mistakes():
    """Name and class of each."""
    return {kind.__name__: kind for kind in Server.__subclasses__()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", type=int, default=50017)
    parser.add_argument("--mistake", choices=mistakes())
    parser.add_argument("--mistakes", action="store_true")
    given = parser.parse_args()
    if given.mistakes:
        for name, mistake in mistakes().items():
            print(name, mistake.case)
        return
    mistakes().get(given.mistake, Server)().run(given.host, given.port)


if __name__ == "__main__":
    main()
