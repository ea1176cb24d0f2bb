#!/usr/bin/env python3
"""The knock-knock joke server: right, or with one mistake.

    knock.py -p PORT
    knock.py --mistakes                     a line for each: MISTAKE CASE
    knock.py --mistake MISTAKE -p PORT

`Server` and `Joke` are the program. Each class below them is one mistake,
and fails the one case of the lab that it names.
"""

import argparse
import os
import re
import select
import signal
import socket
import threading
import time

LINGER = 2.0  # seconds, for whoever goes on talking


class Gone(Exception):
    """The client has ended its side."""


class TooLong(Exception):
    """A line has more bytes than a line may have."""


class Joke:
    """One conversation, in a thread of its own."""

    at_once = 280
    longest = 280

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        self.heard = 0  # lines

    def serve(self):
        with self.connection:
            try:
                self.converse()
            except (Gone, OSError):
                pass  # Nobody is there to be told.

    def converse(self):
        try:
            if not self.is_knock(self.line()):
                return self.refuse()
            self.say(b"Who's there?")
            self.ask_back(self.line())
            self.line()
            self.laugh()
        except TooLong:
            self.refuse()

    def is_knock(self, line):
        return line in (b"Knock, knock", b"Knock, Knock")

    def ask_back(self, word):
        self.say(word + b" who?")

    def laugh(self):
        self.say(b"Ha, ha, ha!")
        self.say_goodbye()

    def refuse(self):
        self.say(b"I don't understand")
        self.say_goodbye()

    def say_goodbye(self):
        """A FIN; unread bytes would make close send a RST."""
        self.connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + LINGER
        while (left := deadline - time.monotonic()) > 0:
            self.connection.settimeout(left)
            if not self.connection.recv(65536):
                break

    def say(self, line):
        self.connection.sendall(line + b"\n")

    def line(self):
        while True:
            line, end, rest = self.buffer.partition(b"\n")
            line = self.without_cr(line)
            if len(line) > self.longest:
                raise TooLong
            if end:
                self.keep(rest)
                self.heard += 1
                return line
            self.receive()

    def without_cr(self, line):
        return line.removesuffix(b"\r")

    def keep(self, rest):
        self.buffer = rest

    def receive(self):
        piece = self.connection.recv(self.at_once)
        if not piece:
            raise Gone
        self.buffer += piece


class Server:
    """Who waits for clients."""

    joke = Joke

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
            self.hand_over(self.joke(connection))

    def hand_over(self, joke):
        threading.Thread(target=joke.serve, daemon=True).start()


# The mistakes.

MISTAKES = {}


def fails(case):
    def note(mistaken):
        MISTAKES[mistaken.__name__] = (case, mistaken)
        return mistaken

    return note


@fails("ready")
class NeverListens(Server):
    def listen(self, port):
        signal.pause()


@fails("knock")
class AsksOtherwise(Joke):
    def say(self, line):
        super().say(line.replace(b"Who's", b"Who is"))


@fails("word")
class ForgetsTheWord(Joke):
    def ask_back(self, word):
        self.say(b"WORD who?")


@fails("punchline")
class LaughsOtherwise(Joke):
    def say(self, line):
        super().say(line.replace(b"Ha, ha", b"Ha ha"))


@fails("goodbye")
class GoesOnListening(Joke):
    def laugh(self):
        self.say(b"Ha, ha, ha!")
        while True:
            self.receive()


@fails("next")
class ServesOnce(Joke):
    """Until a joke is told: whoever comes after that finds nobody."""

    is_told = False

    def laugh(self):
        ServesOnce.is_told = True
        super().laugh()

    def serve(self):
        if ServesOnce.is_told:
            os._exit(0)
        super().serve()


@fails("not-a-joke")
class UnderstandsAll(Joke):
    def is_knock(self, line):
        return True


@fails("not-a-joke-end")
class RefusesAndGoesOn(Joke):
    def refuse(self):
        if len(self.buffer) > self.longest:
            return super().refuse()
        self.say(b"I don't understand")
        while True:
            self.receive()


@fails("nearly")
class LooksInside(Joke):
    def is_knock(self, line):
        return super().is_knock(line) or b"Knock, knock" in line


@fails("both-spellings")
class KnowsOneSpelling(Joke):
    def is_knock(self, line):
        return line == b"Knock, knock"


@fails("no-other-spelling")
class KnowsAllSpellings(Joke):
    def is_knock(self, line):
        return line.lower() == b"knock, knock"


@fails("empty-lines")
class TakesEmptyForTheEnd(Joke):
    def line(self):
        line = super().line()
        if not line:
            raise Gone
        return line


@fails("knock-again")
class GoesByTheText(Joke):
    def ask_back(self, word):
        if self.is_knock(word):
            self.say(b"Who's there?")
        else:
            super().ask_back(word)


@fails("several-words")
class JoinsWords(Joke):
    def ask_back(self, word):
        super().ask_back(re.sub(b" +", b" ", word))


@fails("blanks")
class Strips(Joke):
    def ask_back(self, word):
        super().ask_back(word.strip())


@fails("answer-lines")
class EndsNoLine(Joke):
    def say(self, line):
        self.connection.sendall(line)


@fails("utf-8")
class KnowsAsciiOnly(Joke):
    def ask_back(self, word):
        super().ask_back(word.decode("ascii", "ignore").encode())


@fails("eight-bit")
class Decodes(Joke):
    def ask_back(self, word):
        super().ask_back(word.decode().encode())


@fails("nul")
class StopsAtNul(Joke):
    def ask_back(self, word):
        super().ask_back(word.partition(b"\0")[0])


@fails("long-word")
class HasRoomForAHundred(Joke):
    def ask_back(self, word):
        super().ask_back(word[:100])


@fails("flood")
class DiesOfAFlood(Joke):
    def refuse(self):
        if len(self.buffer) > self.longest:
            more, _, _ = select.select([self.connection], [], [], 0.1)
            if more and len(self.connection.recv(8192)) > 4096:
                os._exit(1)
        super().refuse()


@fails("crlf")
class LeavesTheCr(Joke):
    def without_cr(self, line):
        return line


@fails("split")
class TakesAPieceForALine(Joke):
    def receive(self):
        super().receive()
        if b"\n" not in self.buffer:
            self.buffer += b"\n"


@fails("coalesced")
class KeepsTheFirstLineOnly(Joke):
    def keep(self, rest):
        self.buffer = b""


@fails("across")
class KeepsWholeLinesOnly(Joke):
    def keep(self, rest):
        self.buffer = rest if b"\n" in rest else b""


@fails("cr-lf-apart")
class TakesACrForTheEnd(Joke):
    def receive(self):
        super().receive()
        if self.buffer.endswith(b"\r"):
            self.buffer += b"\n"


@fails("longest")
class CountsTheEnd(Joke):
    longest = 279


@fails("too-long")
class HasRoomForOneMore(Joke):
    longest = 281


@fails("graceful")
class LeavesBytesUnread(Joke):
    def say_goodbye(self):
        self.connection.close()


@fails("half-close")
class TakesTheFinForGone(Joke):
    def refuse(self):
        poll = select.poll()
        poll.register(self.connection, select.POLLRDHUP)
        if poll.poll(100):
            raise Gone
        super().refuse()


@fails("left-let-go")
class KeepsWhoLeft(Joke):
    kept = []

    def receive(self):
        try:
            super().receive()
        except Gone:
            self.kept.append(self.connection.dup())
            raise


class DiesOfWhoLeaves(Joke):
    def is_deadly(self):
        raise NotImplementedError

    def receive(self):
        try:
            super().receive()
        except Gone:
            if self.is_deadly():
                os._exit(1)
            raise


@fails("leaves-at-once")
class DiesOfNothing(DiesOfWhoLeaves):
    def is_deadly(self):
        return self.heard == 0 and not self.buffer


@fails("leaves-after-knock")
class DiesWithoutAWord(DiesOfWhoLeaves):
    def is_deadly(self):
        return self.heard == 1


@fails("leaves-after-word")
class DiesWithoutAPunchline(DiesOfWhoLeaves):
    def is_deadly(self):
        return self.heard == 2


@fails("leaves-in-a-line")
class DiesOfHalfALine(DiesOfWhoLeaves):
    def is_deadly(self):
        return bool(self.buffer) and not self.is_knock(self.buffer)


@fails("cut-line")
class TakesTheEndForALine(Joke):
    def receive(self):
        try:
            super().receive()
        except Gone:
            if not self.buffer:
                raise
            self.buffer += b"\n"


class DiesOfAReset(Joke):
    def receive(self):
        try:
            super().receive()
        except OSError:
            if self.is_deadly():
                os._exit(1)
            raise

    def is_deadly(self):
        raise NotImplementedError


@fails("reset-at-once")
class DiesOfAResetAtOnce(DiesOfAReset):
    def is_deadly(self):
        return self.heard == 0 and not self.buffer


@fails("reset")
class DiesOfAResetLater(DiesOfAReset):
    def is_deadly(self):
        return self.heard == 1


@fails("broken-pipe")
class DiesBySigpipe(Server):
    def serve(self):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        super().serve()


@fails("silent")
class ServesInTurn(Server):
    def hand_over(self, joke):
        joke.serve()


@fails("silent")
class ThrowsOutTheSilent(Server):
    """One after another, so that the next one is served."""

    def hand_over(self, joke):
        joke.connection.settimeout(0.3)
        joke.serve()


@fails("interleaved")
class SharesItsState(Joke):
    """Which line comes behind the first one is the same for everybody."""

    def __init__(self, connection):
        super().__init__(connection)
        SharesItsState.lines = 1

    def converse(self):
        if not self.is_knock(self.line()):
            return self.refuse()
        self.say(b"Who's there?")
        while SharesItsState.lines < 3:
            line = self.line()
            SharesItsState.lines += 1
            if SharesItsState.lines == 3:
                self.laugh()
            else:
                self.ask_back(line)

    def line(self):
        try:
            return super().line()
        except TooLong:
            self.refuse()
            raise Gone from None


@fails("hundred")
class TurnsAway(Server):
    """Whoever comes when sixteen are there."""

    def hand_over(self, joke):
        waiting = [joke]
        while select.select([self.listener], [], [], 0)[0]:
            connection, _ = self.listener.accept()
            waiting.append(self.joke(connection))
        free = max(17 - threading.active_count(), 0)
        for joke in waiting[:free]:
            super().hand_over(joke)
        for joke in waiting[free:]:
            joke.connection.close()


class LeavesBehind(Joke):
    def laugh(self):
        self.leave_behind()
        super().laugh()


@fails("descriptors")
class LeavesAFile(LeavesBehind):
    files = []

    def leave_behind(self):
        self.files.append(open(os.devnull))


@fails("descriptors")
class NeverCloses(Joke):
    kept = []

    def laugh(self):
        self.kept.append(self.connection.dup())
        super().laugh()


@fails("zombies")
class LeavesAZombie(LeavesBehind):
    def leave_behind(self):
        if os.fork() == 0:
            os._exit(0)


@fails("leftovers")
class LeavesAThread(LeavesBehind):
    def leave_behind(self):
        wait = threading.Event().wait
        threading.Thread(target=wait, daemon=True).start()


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
class ReadsByteByByte(Joke):
    at_once = 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", "--port", type=int)
    parser.add_argument("--mistake", choices=MISTAKES)
    parser.add_argument("--mistakes", action="store_true")
    options = parser.parse_args()
    if options.mistakes:
        for name, (case, _) in MISTAKES.items():
            print(name, case)
        return
    if options.port is None:
        parser.error("-p PORT")
    program = Server
    if options.mistake:
        _, mistaken = MISTAKES[options.mistake]
        if issubclass(mistaken, Server):
            program = mistaken
        else:
            Server.joke = mistaken
    try:
        program(options.port).serve()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
