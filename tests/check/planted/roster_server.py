#!/usr/bin/env python3
"""The roster's server: right, or with one mistake.

    roster_server.py [--port PORT]
    roster_server.py --mistakes             a line for each: MISTAKE CASE
    roster_server.py --mistake MISTAKE [--port PORT]

`Server` is the program. Each class below it is one mistake, and fails the
one case of the lab that it names.
"""

import argparse
import io
import os
import pickle
import signal
import socket
import sys

KEYS = "student_name", "github_username", "sid"


class Plain(pickle.Unpickler):
    """Reads plain values. A pickle can name nothing that would be called."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"it calls {module}.{name}")


class Limited:
    """As much of a stream as one pickle may have."""

    def __init__(self, stream, most):
        self.stream = stream
        self.left = most

    def read(self, size):
        self.take(size)
        return self.stream.read(size)

    def readline(self):
        line = self.stream.readline(self.left + 1)
        self.take(len(line))
        return line

    def take(self, size):
        self.left -= size
        if self.left < 0:
            raise pickle.UnpicklingError("it is too long")


class Server:
    backlog = 10
    longest = 64 * 1024
    unpickler = Plain
    answer = 1

    def run(self, port):
        with self.listening(port) as listener:
            self.announce(*listener.getsockname())
            self.serve(listener)

    def listening(self, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(self.backlog)
        return listener

    def announce(self, host, port):
        print(f"Listening at {host}/{port}", flush=True)

    def serve(self, listener):
        while True:
            self.serve_next(listener)

    def serve_next(self, listener):
        client, address = listener.accept()
        with client:
            try:
                self.converse(client, address)
            except Exception as error:  # It is this client's, and nobody's.
                self.complain(client, error)

    def complain(self, client, error):
        print(f"{type(error).__name__}: {error}", flush=True)

    def converse(self, client, address):
        self.greet(client, address)
        for student in self.students(client):
            self.show(student)
            self.acknowledge(client)

    def greet(self, client, address):
        self.send(client, {"clientid": address[1]})

    def students(self, client):
        """One pickle after the other, however they come, until the end."""
        stream = client.makefile("rb")
        while stream.peek(1):
            yield self.load(stream)

    def load(self, stream):
        return self.unpickler(Limited(stream, self.longest)).load()

    def show(self, student):
        name, username, sid = (student[key] for key in KEYS)
        print(
            f"Connected: Student: {name}, Github Username: {username}, "
            f"sid: {sid}",
            flush=True,
        )

    def acknowledge(self, client):
        self.send(client, self.answer)

    def send(self, client, value):
        client.sendall(pickle.dumps(value))


class Deaf(Server):
    case = "ready"

    def listening(self, port):
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        return listener

    def serve(self, listener):
        signal.pause()


class SpeaksSecond(Server):
    case = "greeting"

    def greet(self, client, address):
        client.recv(1, socket.MSG_PEEK)
        super().greet(client, address)


class OneIdForAll(Server):
    case = "clientid"

    def greet(self, client, address):
        self.send(client, {"clientid": os.getpid()})


class SaysNothing(Server):
    case = "announces"

    def announce(self, host, port):
        pass


class OnlyShows(Server):
    case = "answered"

    def acknowledge(self, client):
        pass


class SaysYes(Server):
    case = "one"
    answer = True


class OwnWords(Server):
    case = "console"

    def show(self, student):
        print(*(student[key] for key in KEYS), flush=True)


class OneDict(Server):
    case = "again"

    def students(self, client):
        for student in super().students(client):
            yield student
            return


class HangsUp(Server):
    """Takes a FIN for somebody who has gone."""

    case = "half-close"

    def acknowledge(self, client):
        flags = socket.MSG_PEEK | socket.MSG_DONTWAIT
        try:
            if client.recv(1, flags) == b"":
                raise EOFError("it has gone")
        except BlockingIOError:
            pass
        super().acknowledge(client)


class Holds(Server):
    """A socket is closed when the next takes its place."""

    case = "ends"

    def students(self, client):
        yield from super().students(client)
        self.last = client.dup()


class OneClient(Server):
    case = "next"

    def serve(self, listener):
        self.serve_next(listener)


class NoQueue(Server):
    case = "waiting"
    backlog = 0


class OneRecv(Server):
    """What one recv returns is a pickle."""

    case = "split"

    def students(self, client):
        while piece := client.recv(self.longest):
            yield self.load(io.BytesIO(piece))


class Short(Server):
    case = "long"
    longest = 4096


class Forgets(Server):
    """What came behind a pickle is thrown away."""

    case = "coalesced"

    def students(self, client):
        while (stream := client.makefile("rb")).peek(1):
            yield self.load(stream)


class OneProtocol(Server):
    case = "protocols"

    def load(self, stream):
        if stream.peek(2)[:2] not in (b"\x80", b"\x80\x04"):
            raise pickle.UnpicklingError("not of protocol 4")
        return super().load(stream)


class Ascii(Server):
    case = "names"

    def show(self, student):
        str(student["student_name"]).encode("ascii")
        super().show(student)


class CountsOnInt(Server):
    case = "values"

    def show(self, student):
        super().show({**student, "sid": student["sid"] + 0})


class Exact(Server):
    case = "more-keys"

    def show(self, student):
        if len(student) > len(KEYS):
            raise ValueError("it has too many keys")
        super().show(student)


class Fatal(Server):
    """One kind of error is caught by nobody."""

    kinds = ()

    def complain(self, client, error):
        if isinstance(error, self.kinds):
            raise error
        super().complain(client, error)


class DiesOfHalf(Fatal):
    case = "leaves-in-between"
    kinds = EOFError


class DiesOfGarbage(Fatal):
    case = "garbage"
    kinds = pickle.UnpicklingError


class DiesOfList(Fatal):
    case = "no-dict"
    kinds = TypeError


class DiesOfKey(Fatal):
    case = "missing-key"
    kinds = KeyError


class DiesOfRecv(Server):
    case = "reset"

    def students(self, client):
        try:
            yield from super().students(client)
        except ConnectionError as error:
            sys.exit(f"recv: {error}")


class DiesOfSend(Server):
    case = "gone"

    def acknowledge(self, client):
        try:
            super().acknowledge(client)
        except ConnectionError as error:
            sys.exit(f"send: {error}")


class DiesOfGreeting(Server):
    case = "gone-in-queue"

    def greet(self, client, address):
        try:
            super().greet(client, address)
        except ConnectionError as error:
            sys.exit(f"send: {error}")


class Secretive(Server):
    case = "told"

    def complain(self, client, error):
        pass


class Patient(Server):
    """Whoever sends garbage may go on for ever."""

    case = "bad-is-closed"

    def complain(self, client, error):
        super().complain(client, error)
        while isinstance(error, pickle.UnpicklingError):
            if not client.recv(4096):
                break


class Trusting(Server):
    case = "code"
    unpickler = pickle.Unpickler


class Boundless(Server):
    case = "endless"
    longest = 1 << 40


class Leaks(Server):
    """Something is left of each client, but for the first few."""

    few = 5

    def __init__(self):
        self.clients = 0

    def greet(self, client, address):
        super().greet(client, address)
        self.clients += 1
        if self.clients > self.few:
            self.leak()


class LeaksFiles(Leaks):
    case = "descriptors"

    def leak(self):
        os.open("/dev/null", os.O_RDONLY)


class LeaksChildren(Leaks):
    case = "children"

    def leak(self):
        if os.fork() == 0:
            os._exit(0)


class Immortal(Server):
    case = "interrupt"

    def serve(self, listener):
        while True:
            try:
                self.serve_next(listener)
            except BaseException as error:
                print(f"and on: {error!r}")


class Cautious(Server):
    """Looks for the port itself, where bind would know better."""

    case = "restart"

    def listening(self, port):
        with open("/proc/net/tcp") as table:
            for row in table:
                if row.split()[1].endswith(f":{port:04X}"):
                    sys.exit(f"port {port} is in use")
        return super().listening(port)


class WaitsForTimeWait(Server):
    case = "restart"

    def listening(self, port):
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        listener.listen(self.backlog)
        return listener


class OneByOne(Server):
    """Nothing is between the unpickler and the kernel."""

    case = "calls"

    def students(self, client):
        while client.recv(1, socket.MSG_PEEK):
            yield self.load(Unbuffered(client))


class Unbuffered(io.RawIOBase):
    def __init__(self, client):
        self.client = client

    def read(self, size):
        return b"".join(self.client.recv(1) for _ in range(size))


def mistakes(kind=Server):
    """Name and class of all below this one that name a case."""
    for below in kind.__subclasses__():
        if hasattr(below, "case"):
            yield below.__name__, below
        yield from mistakes(below)


def main():
    known = dict(mistakes())
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=12000)
    parser.add_argument("--mistake", choices=known)
    parser.add_argument("--mistakes", action="store_true")
    arguments = parser.parse_args()
    if arguments.mistakes:
        for name, mistake in known.items():
            print(name, mistake.case)
        return
    known.get(arguments.mistake, Server)().run(arguments.port)


if __name__ == "__main__":
    main()
