"""What Python's pickle makes of it; tests/pickles/python.rs asks."""
import io
import pickle
import random
import struct
import sys
import warnings

warnings.simplefilter("ignore")
chance = random.Random(5)
KEYS = ["student_name", "github_username", "sid"]


def text():
    letters = "abc '\"\\\n\t\r\x00\x1b\x7f\x85\xa0\xade\u20ac\u2028\u200b\U0001f600\ufeff"
    return "".join(chance.choice(letters) for _ in range(chance.randrange(9)))


def integer():
    bits = chance.choice([3, 8, 9, 16, 17, 31, 32, 33, 63, 64, 65, 300, 2100])
    edge = chance.choice([0, 0, 1, -1])
    return chance.choice([1, -1]) * (
        2**bits + edge if chance.random() < 0.5 else chance.getrandbits(bits))


def real():
    return chance.choice([
        0.1, -0.0, 1e16, 1e-5, 1e22, 123456.75, 5e-324, 1.7976931348623157e308,
        float("nan"), float("inf"), float("-inf"), chance.random(), 2.0**-44,
        1e15, 123456789012345680.0, 0.0001])


def scalar():
    return chance.choice([
        lambda: None, lambda: True, lambda: False, integer, real, text])()


def value(depth):
    if depth == 0 or chance.random() < 0.4:
        return scalar()
    several = [value(depth - 1) for _ in range(chance.randrange(5))]
    kind = chance.randrange(4)
    if kind == 0:
        return several
    if kind == 1:
        return tuple(several)
    if kind == 2 and several:
        return several + [several[0], several[-1]]
    return {scalar(): it for it in several}


def student():
    it = {key: scalar() for key in KEYS}
    if chance.random() < 0.2:
        it["more"] = value(2)
    if chance.random() < 0.2:
        del it[chance.choice(KEYS)]
    if chance.random() < 0.1:
        it["sid"] = [1]
    pairs = list(it.items())
    chance.shuffle(pairs)
    return dict(pairs)


def nested(depth):
    it = []
    for _ in range(depth - 1):
        it = [it]
    return it


def say(pickled, expected):
    print(pickled.hex(), expected, sep="\t")


def all_ways(it, show):
    for protocol in range(6):
        say(pickle.dumps(it, protocol), show(it))


def corpus():
    for _ in range(150):
        all_ways(student(), repr)
        all_ways(value(4), repr)
    for it in (nested(32), [b"a'\xff\n", b"", b'"\''], "x" * 300, "y" * 60000,
               list(range(3000)), {i: str(i) for i in range(1500)},
               10**4299, -(10**4300 - 1)):
        for protocol in range(3 if "b'" in repr(it) else 0, 6):
            say(pickle.dumps(it, protocol), repr(it))
    shared = "twice"
    once = [shared, shared]
    all_ways([once, once, (once, shared)], repr)


def scalars():
    floats = [2.0**e for e in range(-1074, 1024)]
    floats += [10.0**e for e in range(-323, 309)]
    floats += [9.999e5 * 10.0**e for e in range(-30, 30)]
    while len(floats) < 6000:
        floats += struct.unpack("<d", chance.randbytes(8))
    for it in floats + [integer() for _ in range(500)]:
        say(pickle.dumps(it, 2), str(it))
    for it in floats[::7] + [text() for _ in range(200)]:
        shown = str(it)
        if not set(shown) & set("\t\n\r"):
            say(pickle.dumps(it, 0), shown)


class Call:
    def __reduce__(self):
        return print, ("called",)


class Plain:
    pass


def bombs():
    code = "it could name or call code"
    for protocol in range(6):
        say(pickle.dumps(Call(), protocol), code)
        say(pickle.dumps({"sid": Plain()}, protocol), code)
        say(pickle.dumps([print], protocol), code)
        depth = "more than 32 nested containers"
        say(pickle.dumps(nested(33), protocol), depth)
        knot = []
        knot.append(knot)
        say(pickle.dumps(knot, protocol), "a container within itself")
        say(pickle.dumps("x" * 66000, protocol), "longer than 64 KiB")
        say(pickle.dumps({(1,): 2}, protocol), "a container as dict key")
    for pickled, why in (
            (b"]" * 10000 + b"a" * 9999 + b".", depth),
            (b"N" + b"\x85" * 10000 + b".", depth),
            (b"(" * 10000 + b"t" * 10000 + b".", depth),
            (b"Pid\n.", code), (b"NQ.", code), (b"\x82\x01.", code),
            (b"(cos\nsystem\no.", code), (b"(ios\nsystem\n.", code),
            (b"\x97.", code), (b"N\x98.", code), (b"NN\x81.", code),
            (b"NNN\x92.", code), (b"NNb.", code), (b"NN\x93.", code),
            (b"\x8f.", "a set or bytearray"),
            (pickle.dumps({1}, 4), "a set or bytearray"),
            (pickle.dumps(bytearray(b"x"), 5), "a set or bytearray"),
            (b"\xff.", "unknown opcode"), (b"\x80\x06N.", "protocol after 5"),
            (b"Nr\xff\xff\xff\xff.", "no such memo entry"),
            (b"h\x00.", "no such memo entry"), (b"Np65536\n.", "no such memo entry"),
            (b"X\xff\xff\xff\xff", "longer than 64 KiB"),
            (b"\x8d" + b"\xff" * 8, "longer than 64 KiB"),
            (b"\x95" + b"\xff" * 8, "longer than 64 KiB"),
            (b"V" + b"x" * 65536, "longer than 64 KiB"),
            (b"N" * 65536, "longer than 64 KiB"),
            (b"\x80\x04\x95\x03" + bytes(7) + b"N.N", "a frame lies about its length"),
            (b"\x80\x04\x95\x02" + bytes(7) + b"Vx\n.", "a frame lies about its length"),
            (b"\x80\x04\x95\x01" + bytes(7) + b"K\x01.", "a frame lies about its length"),
            (b"\x80\x04\x95\x20" + bytes(7) + b"\x95", "a frame lies about its length"),
            (b"\x80\x04\x95\x05" + bytes(7) + b"X\x01\x00\x00\x00", "a frame lies about its length"),
            (b".", "stack underflow"), (b"K\x01(.", "stack underflow"),
            (b"K\x01(K\x02\x86.", "stack underflow"), (b"t.", "stack underflow"),
            (b"0.", "stack underflow"), (b"2.", "stack underflow"),
            (b"}(K\x01u.", "a dict key without value"),
            (b"(K\x01d.", "a dict key without value"),
            (b"}]Ns.", "a container as dict key"), (b"NNa.", "an element for no container"),
            (b"]NNs.", "an element for no container"),
            (b"I0x10\n.", "malformed number"), (b"I010\n.", "malformed number"),
            (b"I\n.", "malformed number"), (b"I-0\n.", "malformed number"), (b"L--1\n.", "malformed number"),
            (b"L" + b"9" * 4301 + b"L\n.", "malformed number"),
            (b"F1e999\n.", "malformed number"), (b"F0x1\n.", "malformed number"),
            (b"F 1\n.", "malformed number"), (b"Finfinity\n.", "malformed number"),
            (b"S'\n.", "malformed text"), (b"Sab\n.", "malformed text"),
            (b"S'\\x4'\n.", "malformed text"), (b"S'\\'\n.", "malformed text"),
            (b"U\x01\xe9.", "malformed text"), (b"V\\ud800\n.", "malformed text"),
            (b"V\\U00110000\n.", "malformed text"),
            (b"\x8c\x03\xed\xa0\x80.", "malformed text"),
            (b"\x8c\x01\xff.", "malformed text"), (b"\x8c\x02\xc0\x80.", "malformed text"),
            (b"\x8c\x04\xf4\x90\x80\x80.", "malformed text"),
            (pickle.dumps(10**4300, 4), "an int of more than 4300 digits"),
            (b"\x8b\x00\xf0\x00\x00" + b"\x55" * 0xf000 + b".",
             "an int of more than 4300 digits"),
            (b"".join(b"(" for _ in range(31)) + b"N"
             + b"".join(b"2\x86" for _ in range(30)) + b".", "more than 64 KiB to show")):
        say(pickled, why)


def dicts():
    for _ in range(300):
        say(pickle.dumps(student(), chance.randrange(6)), "")


def greetings():
    for it in (0, 1, 80, 255, 256, 60644, 65535, 65536, 4194304, 2**31 - 1,
               2**31, 2**32 - 1, -1, 2**63 - 1, -(2**63)):
        say(pickle.dumps({"clientid": it}, 4), it)


def students():
    sids = [str(integer()) for _ in range(200)]
    sids += ["0", "-1", "255", "256", "65535", "65536", "-128", "-129",
             "-2147483648", "2147483648", "-2147483649", "9" * 4300,
             "-" + "9" * 4300, "007", "-0", "12a", "", "+1", " 1"]
    for sid in sids:
        name = text().replace("\0", "") + " name " + "n" * chance.choice([0, 240, 255, 300])
        username = "user " + text().replace("\0", "")
        sent = sid
        if sid.lstrip("-").isdigit() and str(int(sid)) == sid:
            sent = int(sid)
        pickled = pickle.dumps(dict(zip(KEYS, (name, username, sent))), 4)
        say(pickled, "\t".join(it.encode().hex() for it in (name, username, sid)))


class Restricted(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError("named code")


def judge():
    """Complains of pickles that Python refuses or shows otherwise, but for
    characters that only its Unicode tables know to be unassigned."""
    for line in sys.stdin.buffer:
        pickled, ours = line.decode().rstrip("\n").split("\t")
        try:
            theirs = repr(Restricted(io.BytesIO(bytes.fromhex(pickled))).load())
        except Exception as error:
            theirs = f"{type(error).__name__}: {error}"
        ours = "".join(c if c.isprintable() else repr(c)[1:-1] for c in ours)
        if ours != theirs:
            print(pickled, ours, theirs, sep="\t")


{it.__name__: it for it in (
    corpus, scalars, bombs, dicts, greetings, students, judge)}[sys.argv[1]]()
