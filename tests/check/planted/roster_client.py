#!/usr/bin/env python3
"""The roster's client: right, or with one mistake.

    roster_client.py [--host HOST] [--port PORT]
                     --name NAME --username USERNAME --sid SID
    roster_client.py --mistakes             a line for each: MISTAKE CASE
    roster_client.py --mistake MISTAKE …

`Client` is the program. Each class below it is one mistake, and fails the
one case of the lab that it names.
"""

import argparse
import io
import pickle
import signal
import socket
import sys
import time


class Plain(pickle.Unpickler):
    """Reads plain values. A pickle can name nothing that would be called."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"it calls {module}.{name}")


class Client:
    unpickler = Plain

    def run(self, host, port, student):
        with self.connect(host, port) as server:
            stream = server.makefile("rb")
            greeting = self.read_greeting(stream, server)
            self.say_hello(greeting, f"{host}/{port}")
            server.sendall(pickle.dumps(self.filled_in(student)))
            answer = self.read_answer(stream, server)
            if not self.is_yes(answer):
                raise ValueError(f"{answer!r} is no acknowledgement")
            self.say_goodbye(stream)

    def connect(self, host, port):
        """To the first of the host's addresses that answers."""
        return socket.create_connection((host, port))

    def read_greeting(self, stream, server):
        greeting = self.load(stream)
        if not isinstance(greeting, dict):
            raise ValueError(f"{greeting!r} is no greeting")
        return greeting

    def read_answer(self, stream, server):
        return self.load(stream)

    def load(self, stream):
        return self.unpickler(stream).load()

    def say_hello(self, greeting, where):
        print(f"{greeting} has successfully connected to {where}")

    def filled_in(self, student):
        return student

    def is_yes(self, answer):
        return type(answer) is int and answer == 1

    def say_goodbye(self, stream):
        print("Data acknowledged by server and you passed the test")


class Undecided(Client):
    case = "connects"

    def connect(self, host, port):
        signal.pause()


class OtherKeys(Client):
    case = "student"

    def filled_in(self, student):
        return {key.removeprefix("student_"): student[key] for key in student}


class MixedUp(Client):
    case = "values"

    def filled_in(self, student):
        name, username = student["student_name"], student["github_username"]
        return {**student, "student_name": username, "github_username": name}


class SaysNoId(Client):
    case = "connected"

    def say_hello(self, greeting, where):
        print(f"connected to {where}")


class OwnWords(Client):
    case = "acknowledged"

    def say_goodbye(self, stream):
        print("It worked")


class Lingers(Client):
    """Leaves when the server does."""

    case = "ends"

    def say_goodbye(self, stream):
        super().say_goodbye(stream)
        stream.read()


class EndsWith1(Client):
    case = "exit"

    def say_goodbye(self, stream):
        super().say_goodbye(stream)
        sys.exit(1)


class GreetedAtOnce(Client):
    """What one recv returns is a pickle."""

    case = "split-greeting"

    def read_greeting(self, stream, server):
        piece = io.BytesIO(server.recv(4096))
        return super().read_greeting(piece, server)


class AnsweredAtOnce(Client):
    case = "split-answer"

    def read_answer(self, stream, server):
        return self.load(io.BytesIO(server.recv(4096)))


class Forgets(Client):
    """What came behind a pickle is thrown away."""

    case = "coalesced"

    def read_answer(self, stream, server):
        return self.load(server.makefile("rb"))


class Impatient(Client):
    case = "slow"

    def read_greeting(self, stream, server):
        server.settimeout(3)
        greeting = super().read_greeting(stream, server)
        server.settimeout(None)
        return greeting


class OneProtocol(Client):
    case = "protocols"

    def load(self, stream):
        if stream.peek(2)[:2] not in (b"\x80", b"\x80\x04"):
            raise pickle.UnpicklingError("not of protocol 4")
        return super().load(stream)


class Ascii(Client):
    case = "names"

    def filled_in(self, student):
        name = student["student_name"].encode("ascii", "replace").decode()
        return {**student, "student_name": name}


class NoIsYes(Client):
    case = "wrong-answer"

    def is_yes(self, answer):
        return answer in (0, 1)


class MostIsYes(Client):
    case = "only-one"

    def is_yes(self, answer):
        return bool(answer)


class EndIsYes(Client):
    case = "no-answer"

    def read_answer(self, stream, server):
        try:
            return super().read_answer(stream, server)
        except EOFError:
            return 1


class EndIsGreeting(Client):
    case = "no-greeting"

    def read_greeting(self, stream, server):
        try:
            return super().read_greeting(stream, server)
        except EOFError:
            return {}


class ResetIsYes(Client):
    case = "reset"

    def read_answer(self, stream, server):
        try:
            return super().read_answer(stream, server)
        except ConnectionError:
            return 1


class GarbageIsGreeting(Client):
    case = "garbage"

    def read_greeting(self, stream, server):
        try:
            return super().read_greeting(stream, server)
        except pickle.UnpicklingError:
            return {}


class TriesForEver(Client):
    case = "refused"

    def connect(self, host, port):
        while True:
            try:
                return super().connect(host, port)
            except OSError:
                time.sleep(1)


class FailsWith0(Client):
    case = "failure"

    def connect(self, host, port):
        try:
            return super().connect(host, port)
        except OSError as error:
            print(error)
            sys.exit()


class WantsNoMore(Client):
    """What comes behind the answer spoils it."""

    case = "flood"

    def is_yes(self, answer):
        return super().is_yes(answer) and not self.is_more_there()

    def connect(self, host, port):
        self.server = super().connect(host, port)
        return self.server

    def is_more_there(self):
        flags = socket.MSG_PEEK | socket.MSG_DONTWAIT
        try:
            return self.server.recv(1, flags) != b""
        except BlockingIOError:
            return False


class Trusting(Client):
    case = "code"
    unpickler = pickle.Unpickler


class OneAddress(Client):
    case = "two-addresses"

    def connect(self, host, port):
        family, kind, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        server = socket.socket(family, kind)
        server.connect(address)
        return server


class Immortal(Client):
    case = "interrupt"

    def connect(self, host, port):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return super().connect(host, port)


class OneByOne(Client):
    """Nothing is between the unpickler and the kernel."""

    case = "calls"

    def read_greeting(self, stream, server):
        return super().read_greeting(Unbuffered(server), server)


class Unbuffered(io.RawIOBase):
    def __init__(self, server):
        self.server = server

    def read(self, size):
        return b"".join(self.server.recv(1) for _ in range(size))


def mistakes():
    """Name and class of each."""
    return {kind.__name__: kind for kind in Client.__subclasses__()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12000)
    for name in "name", "username", "sid":
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--mistake", choices=mistakes())
    parser.add_argument("--mistakes", action="store_true")
    given = parser.parse_args()
    if given.mistakes:
        for name, mistake in mistakes().items():
            print(name, mistake.case)
        return
    student = {
        "student_name": given.name,
        "github_username": given.username,
        "sid": int(given.sid) if given.sid.isdecimal() else given.sid,
    }
    client = mistakes().get(given.mistake, Client)()
    try:
        client.run(given.host, given.port, student)
    except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
        sys.exit(f"roster_client: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
