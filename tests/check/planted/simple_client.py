#!/usr/bin/env python3
"""The first client: right, or with one mistake.

    simple_client.py [HOST] [PORT]
    simple_client.py --mistakes             a line for each: MISTAKE CASE
    simple_client.py --mistake MISTAKE [HOST] [PORT]

`Client` is the program. Each class below it is one mistake, and fails the
one case of the lab that it names.
"""

import argparse
import select
import signal
import socket
import sys
import time


class Client:
    text = b"hello"

    def run(self, host, port):
        with self.connect(host, port) as server:
            self.talk(server)

    def connect(self, host, port):
        """To the first of the host's addresses that answers."""
        return socket.create_connection((host, port))

    def talk(self, server):
        server.sendall(self.text)


class Undecided(Client):
    case = "connects"

    def connect(self, host, port):
        signal.pause()


class SaysHi(Client):
    case = "hello"
    text = b"hi"


class Waits(Client):
    case = "closes"

    def talk(self, server):
        super().talk(server)
        server.recv(4096)


class SaysALine(Client):
    case = "bare"
    text = b"hello\n"


class EndsWith1(Client):
    case = "exit"

    def talk(self, server):
        super().talk(server)
        sys.exit(1)


class Hides(Client):
    case = "refused"

    def connect(self, host, port):
        try:
            return super().connect(host, port)
        except OSError:
            sys.exit()


class Obstinate(Client):
    """Tries again until a server listens to the end."""

    case = "reset"

    def run(self, host, port):
        server = self.connect(host, port)
        while True:
            try:
                self.talk(server)
                server.shutdown(socket.SHUT_WR)
                server.recv(1)
                return
            except OSError:
                time.sleep(1)
            try:
                server = self.connect(host, port)
            except OSError:
                pass


class OneAddress(Client):
    case = "two-addresses"

    def connect(self, host, port):
        family, kind, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        server = socket.socket(family, kind)
        server.connect(address)
        return server


class Unchecked(Client):
    """Nobody asks what came of the connection."""

    case = "calls"

    def connect(self, host, port):
        server = socket.socket(socket.AF_INET)
        server.setblocking(False)
        server.connect_ex((host, port))
        select.select([], [server], [])
        server.setblocking(True)
        return server


def mistakes():
    """Name and class of each."""
    return {kind.__name__: kind for kind in Client.__subclasses__()}


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
    mistakes().get(given.mistake, Client)().run(given.host, given.port)


if __name__ == "__main__":
    main()
