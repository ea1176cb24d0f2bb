#!/usr/bin/env python3
"""The echo server: right, or with one mistake.

    echo_server.py PORT
    echo_server.py --mistakes               a line for each: MISTAKE CASE
    echo_server.py --mistake MISTAKE PORT

`Server` and `Echo` are the program. Each class below them is one mistake, and
fails the one case of the lab that it names.
"""

import argparse
import os
import select
import signal
import socket
import threading


class Echo:
    """One conversation, in a thread of its own."""

    at_once = 4096

    def __init__(self, connection):
        self.connection = connection
        self.length = 0  # of all that has come

    def serve(self):
        with self.connection:
            try:
                self.converse()
            except OSError:
                pass  # Nobody is there to be told.

    def converse(self):
        while piece := self.receive():
            self.send(piece)

    def receive(self):
        piece = self.connection.recv(self.at_once)
        self.length += len(piece)
        return piece

    def send(self, piece):
        self.connection.sendall(piece)


class Server:
    """Who waits for clients."""

    echo = Echo

    def __init__(self, port):
        self.listener = self.listen(port)

    def listen(self, port):
        listener = socket.socket()
        self.prepare(listener)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        return listener

    def prepare(self, listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            self.hand_over(self.echo(connection))

    def hand_over(self, echo):
        threading.Thread(target=echo.serve, daemon=True).start()


# The mistakes.

MISTAKES = {}


def fails(case, *options):
    """With these options of the check."""

    def note(mistaken):
        MISTAKES[mistaken.__name__] = (" ".join([case, *options]), mistaken)
        return mistaken

    return note


@fails("ready")
class NeverListens(Server):
    def listen(self, port):
        signal.pause()


@fails("echo")
class Shouts(Echo):
    def send(self, piece):
        super().send(piece.upper())


@fails("no-line-end")
class WaitsForALine(Echo):
    def converse(self):
        with self.connection.makefile("rb") as lines:
            for line in lines:
                self.send(line)


@fails("exact")
class Strips(Echo):
    def send(self, piece):
        super().send(piece.strip())


@fails("again")
class EchoesOnce(Echo):
    def converse(self):
        self.send(self.receive())


@fails("end")
class KeepsItOpen(Echo):
    kept = []

    def serve(self):
        self.kept.append(self.connection.dup())
        super().serve()


@fails("next")
class ServesOnce(Server):
    """Until one has gone: whoever comes after that finds nobody."""

    def __init__(self, port):
        super().__init__(port)
        self.all = []

    def hand_over(self, echo):
        if any(has_gone(other.connection) for other in self.all):
            os._exit(0)
        self.all.append(echo)
        super().hand_over(echo)


def has_gone(connection):
    try:
        flags = socket.MSG_PEEK | socket.MSG_DONTWAIT
        return connection.recv(1, flags) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@fails("byte-by-byte")
class DropsSingleBytes(Echo):
    def send(self, piece):
        if len(piece) > 1:
            super().send(piece)


@fails("blank-line")
class TakesBlankForTheEnd(Echo):
    def receive(self):
        piece = super().receive()
        return piece if piece.strip() else b""


@fails("coalesced")
class AnswersTheFirstLineOnly(Echo):
    def send(self, piece):
        line, end, _ = piece.partition(b"\n")
        super().send(line + end)


@fails("sizes")
class WaitsForMore(Echo):
    at_once = 1024

    def receive(self):
        pieces = [super().receive()]
        while len(pieces[-1]) == self.at_once:
            pieces.append(super().receive())
        return b"".join(pieces)


@fails("utf-8")
class KnowsAsciiOnly(Echo):
    def send(self, piece):
        super().send(piece.decode("ascii", "ignore").encode())


@fails("eight-bit")
class Decodes(Echo):
    def send(self, piece):
        super().send(piece.decode().encode())


@fails("nul")
class StopsAtNul(Echo):
    def send(self, piece):
        super().send(piece.partition(b"\0")[0])


class HasEnough(Echo):
    enough = 0

    def receive(self):
        return b"" if self.length > self.enough else super().receive()


@fails("long")
class EndsAfter64Kib(HasEnough):
    enough = 64 << 10


@fails("half-close")
class TakesTheFinForGone(Echo):
    def send(self, piece):
        if self.length > 50_000 and len(piece) < self.at_once:
            poll = select.poll()
            poll.register(self.connection, select.POLLRDHUP)
            if poll.poll(100):
                raise ConnectionResetError
        super().send(piece)


@fails("big")
class EndsAfter4Mib(HasEnough):
    enough = 4 << 20


@fails("slow-reader")
class LosesPatience(Echo):
    def send(self, piece):
        self.connection.settimeout(1)
        try:
            super().send(piece)
        except TimeoutError:
            pass
        self.connection.settimeout(None)


@fails("leaves-at-once")
class DiesOfNothing(Echo):
    def receive(self):
        piece = super().receive()
        if self.length == 0:
            os._exit(1)
        return piece


class DiesOfAReset(Echo):
    def receive(self):
        try:
            return super().receive()
        except OSError:
            if self.is_deadly():
                os._exit(1)
            raise

    def is_deadly(self):
        raise NotImplementedError


@fails("reset-at-once")
class DiesOfAResetAtOnce(DiesOfAReset):
    def is_deadly(self):
        return self.length == 0


@fails("reset")
class DiesOfAResetLater(DiesOfAReset):
    def is_deadly(self):
        return self.length > 0


@fails("broken-pipe")
class DiesBySigpipe(Echo):
    def __init__(self, connection):
        super().__init__(connection)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)

    def send(self, piece):
        try:
            super().send(piece)
        except ConnectionResetError:
            super().send(piece)  # It may be there by now.


@fails("one-after-another", "--sequential")
class TurnsAwayWhileBusy(Server):
    """Whoever comes while somebody is there who has not said anything."""

    latest = None

    def hand_over(self, echo):
        latest = self.latest
        if latest and not latest.length and latest.connection.fileno() >= 0:
            return echo.connection.close()
        self.latest = echo
        super().hand_over(echo)


@fails("silent")
class ServesInTurn(Server):
    def hand_over(self, echo):
        echo.serve()


@fails("silent")
class ThrowsOutTheSilent(Server):
    """One after another, so that the next one is served."""

    def hand_over(self, echo):
        echo.connection.settimeout(0.3)
        echo.serve()


@fails("any-order")
class AnswersTheLast(Echo):
    """Whoever began to talk last has the answers to all further messages."""

    last = None
    has_begun = False

    def send(self, piece):
        if self.has_begun:
            return self.last.sendall(piece)
        AnswersTheLast.last = self.connection
        self.has_begun = True
        super().send(piece)


@fails("stalled")
class SendsUnderALock(Echo):
    lock = threading.Lock()

    def send(self, piece):
        with self.lock:
            super().send(piece)


@fails("hundred")
class TurnsAway(Server):
    """Whoever comes when sixteen are there."""

    def hand_over(self, echo):
        waiting = [echo]
        while select.select([self.listener], [], [], 0)[0]:
            connection, _ = self.listener.accept()
            waiting.append(self.echo(connection))
        free = max(17 - threading.active_count(), 0)
        for echo in waiting[:free]:
            super().hand_over(echo)
        for echo in waiting[free:]:
            echo.connection.close()


@fails("descriptors")
class LeavesAFile(Echo):
    files = []

    def converse(self):
        self.files.append(open(os.devnull))
        super().converse()


@fails("descriptors")
class NeverCloses(Echo):
    kept = []

    def serve(self):
        copy = self.connection.dup()
        self.kept.append(copy)
        super().serve()
        try:
            copy.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@fails("zombies")
class LeavesAZombie(Echo):
    def converse(self):
        if os.fork() == 0:
            os._exit(0)
        super().converse()


@fails("leftovers")
class LeavesAThread(Echo):
    def converse(self):
        wait = threading.Event().wait
        threading.Thread(target=wait, daemon=True).start()
        super().converse()


@fails("interrupt")
class IgnoresSigint(Server):
    def serve(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().serve()


@fails("interrupt-client")
class IgnoresSigintWhileBusy(Server):
    def serve(self):
        signal.signal(signal.SIGINT, self.is_interrupted)
        super().serve()

    def is_interrupted(self, *_):
        if threading.active_count() == 1:
            raise KeyboardInterrupt


@fails("restart")
class WaitsForTimeWait(Server):
    def prepare(self, listener):
        pass


@fails("calls")
class ReadsByteByByte(Echo):
    def receive(self):
        self.at_once = 1 if self.length < 64 else Echo.at_once
        return super().receive()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int, nargs="?", default=10000)
    parser.add_argument("--mistake", choices=MISTAKES)
    parser.add_argument("--mistakes", action="store_true")
    options = parser.parse_args()
    if options.mistakes:
        for name, (case, _) in MISTAKES.items():
            print(name, case)
        return
    program = Server
    if options.mistake:
        _, mistaken = MISTAKES[options.mistake]
        if issubclass(mistaken, Server):
            program = mistaken
        else:
            Server.echo = mistaken
    try:
        program(options.port).serve()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
