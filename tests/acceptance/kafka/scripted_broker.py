"""A broker of one topic `t`, whose log is given:
scripted_broker.py PORT LOG [USER PASSWORD MECHANISM].

No broker that the tests can install compacts, adds a partition to a topic that is there, keeps the records of a transaction that was taken back
from its readers, or knows users. This one answers as Kafka's protocol says a broker would that has
done so: https://kafka.apache.org/protocol and KIP-98. LOG is JSON:

    {"batches": [{"base": 0, "last": 4, "records": {"1": "a"}, "writer": 7, "ends": "abort"}],
     "aborted": [[7, 0]]}

They are the log of the one partition. With `"added"`, batches of another one, that partition is there from
when somebody has read the first one to its end. A batch has the offsets from `base` to `last`, and records at some of them. With `writer` it is of a
transaction, and with `ends` it is the mark of its end. `aborted` are pairs of a writer and the first
offset of what it has taken back. With a user, whoever comes must log in first, by the mechanism of SASL
that is named: PLAIN (RFC 4616), SCRAM-SHA-256 or SCRAM-SHA-512 (RFC 5802), or OAUTHBEARER (RFC 7628) with a
token that nobody has signed.
"""

import base64
import hashlib
import hmac
import json
import socket
import struct
import sys
import threading

PORT, LOG = int(sys.argv[1]), json.loads(sys.argv[2])
LOGIN = sys.argv[3:6]
PRODUCE, FETCH, OFFSETS, METADATA, VERSIONS = 0, 1, 2, 3, 18
HANDSHAKE, AUTHENTICATE = 17, 36
#: The versions of requests that are understood.
UNDERSTOOD = {
    PRODUCE: (0, 3), FETCH: (4, 4), OFFSETS: (2, 2), METADATA: (4, 4), VERSIONS: (0, 0),
    HANDSHAKE: (1, 1), AUTHENTICATE: (0, 0),
}
#: Somebody has read the first partition to its end.
READ = threading.Event()
UNSUPPORTED_MECHANISM, UNSUPPORTED_VERSION, AUTHENTICATION_FAILED = 33, 35, 58


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


def varint(value):
    value, out = (value << 1) ^ (value >> 63), bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def record(delta, key, value):
    sized = b"".join(
        varint(-1) if part is None else varint(len(part)) + part for part in (key, value)
    )
    body = b"\0" + varint(0) + varint(delta) + sized + varint(0)
    return varint(len(body)) + body


def batch(of):
    base, writer, ends = of["base"], of.get("writer"), of.get("ends")
    records = [
        record(int(offset) - base, None, value.encode())
        for offset, value in of.get("records", {}).items()
    ]
    if ends:
        kind = {"abort": 0, "commit": 1}[ends]
        records = [record(0, struct.pack(">hh", 0, kind), struct.pack(">hi", 0, 0))]
    attributes = (0x10 if writer is not None else 0) | (0x20 if ends else 0)
    times, numbers = (0, 0), (-1 if writer is None else writer, 0, 0)
    body = struct.pack(">hiqqqhi", attributes, of["last"] - base, *times, *numbers) + array(records)
    # Nobody asked for checksums to be checked.
    head = struct.pack(">ibI", 0, 2, 0)
    return struct.pack(">qi", base, len(head) + len(body)) + head + body


class Request:
    def __init__(self, data):
        self.data, self.at = data, 0
        self.key, self.version, self.number = self.take("hhi")
        self.text()

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values

    def text(self):
        (size,) = self.take("h")
        self.at += max(size, 0)
        return self.data[self.at - max(size, 0):self.at].decode()


def versions(request):
    error = 0 if request.version == 0 else UNSUPPORTED_VERSION
    rows = [struct.pack(">hhh", key, *between) for key, between in UNDERSTOOD.items()]
    return struct.pack(">h", error) + array(rows)


def logs():
    """The batches of each partition that is there."""
    added = [LOG["added"]] if "added" in LOG and READ.is_set() else []
    return [LOG["batches"], *added]


def end(log):
    return max(batch["last"] for batch in log) + 1


def metadata(_request):
    here = struct.pack(">i", 1) + text("127.0.0.1") + struct.pack(">ih", PORT, -1)
    partitions = [
        struct.pack(">hii", 0, number, 1) + array([struct.pack(">i", 1)]) * 2
        for number in range(len(logs()))
    ]
    topic = struct.pack(">h", 0) + text("t") + b"\0" + array(partitions)
    return struct.pack(">i", 0) + array([here]) + struct.pack(">hi", -1, 1) + array([topic])


def offsets(request):
    request.take("ibi")
    request.text()
    (count,) = request.take("i")
    answers = []
    for number, wanted in (request.take("iq") for _ in range(count)):
        log = logs()[number]
        offset = log[0]["base"] if wanted == -2 else end(log)
        answers.append(struct.pack(">ihqq", number, 0, -1, offset))
    return struct.pack(">i", 0) + array([text("t") + array(answers)])


def fetch(request):
    _replica, wait, _least, _most, isolation, topics = request.take("iiiibi")
    if topics:
        request.text()
    (count,) = request.take("i") if topics else (0,)
    aborted = [struct.pack(">qq", *pair) for pair in LOG.get("aborted", []) if isolation == 1]
    answers, is_empty = [], True
    for number, wanted, _most in [request.take("iqi") for _ in range(count)]:
        log = logs()[number]
        some = b"".join(batch(it) for it in log if it["last"] >= wanted)
        is_empty = is_empty and not some
        answer = struct.pack(">ihqq", number, 0, end(log), end(log)) + array(aborted)
        answers.append(answer + struct.pack(">i", len(some)) + some)
        if number == 0 and not some:
            READ.set()
    if is_empty:
        threading.Event().wait(wait / 1000)
    return struct.pack(">i", 0) + array([text("t") + array(answers)] if topics else [])


class Refused(Exception):
    """A client that logs in is not who it says."""


def plain(user, password):
    """The server's side of PLAIN: is sent what the client says, gives what it answers."""
    said = yield
    if said.decode().split("\0")[1:] != [user, password]:
        raise Refused
    yield b""


def scram(digest):
    def conversation(user, password):
        def mac(key, message):
            return hmac.digest(key, message, digest)

        def encoded(data):
            return base64.b64encode(data).decode()

        first = (yield).decode()
        bare = first.split(",", 2)[2]
        fields = dict(field.split("=", 1) for field in bare.split(","))
        salt, turns = b"salt of a test", 4096
        answer = f"r={fields['r']}server,s={encoded(salt)},i={turns}"
        final = (yield answer.encode()).decode()
        without_proof, proof = final.rsplit(",p=", 1)
        everything = ",".join((bare, answer, without_proof)).encode()
        salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, turns)
        key = mac(salted, b"Client Key")
        signature = mac(hashlib.new(digest, key).digest(), everything)
        expected = bytes(a ^ b for a, b in zip(key, signature))
        right = (fields["n"], base64.b64decode(proof)) == (user, expected)
        if not right or not without_proof.endswith(f"r={fields['r']}server"):
            raise Refused
        yield f"v={encoded(mac(mac(salted, b'Server Key'), everything))}".encode()

    return conversation


def bearer(user, _password):
    """The server's side of OAUTHBEARER: takes the word of a token for who it is about."""
    said = (yield).decode()
    claims = said.split("auth=Bearer ")[1].split(".")[1]
    claims = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
    if json.loads(claims)["sub"] != user:
        raise Refused
    yield b""


MECHANISMS = {
    "PLAIN": plain, "SCRAM-SHA-256": scram("sha256"), "SCRAM-SHA-512": scram("sha512"),
    "OAUTHBEARER": bearer,
}


class Login:
    """A client's way in; it has to take it if there is a user."""

    def __init__(self):
        self.is_over, self.conversation = not LOGIN, None

    def handshake(self, request):
        wanted = request.text()
        *login, mechanism = LOGIN
        known = wanted == mechanism
        if known:
            self.conversation = MECHANISMS[mechanism](*login)
            next(self.conversation)
        return struct.pack(">h", 0 if known else UNSUPPORTED_MECHANISM) + array([text(mechanism)])

    def authenticate(self, request):
        (size,) = request.take("i")
        try:
            answer = self.conversation.send(request.data[request.at:request.at + size])
        except Refused:
            return struct.pack(">h", AUTHENTICATION_FAILED) + text("no such user") + array([])
        self.is_over = answer == b"" or answer.startswith(b"v=")
        return struct.pack(">hhi", 0, -1, len(answer)) + answer


ANSWERS = {VERSIONS: versions, METADATA: metadata, OFFSETS: offsets, FETCH: fetch}


def serve(connection):
    try:
        converse(connection)
    except ConnectionError:
        # The client is gone.
        connection.close()


def converse(connection):
    stream, login = connection.makefile("rb"), Login()
    logins = {HANDSHAKE: login.handshake, AUTHENTICATE: login.authenticate}
    while size := stream.read(4):
        request = Request(stream.read(*struct.unpack(">i", size)))
        if not login.is_over and request.key not in (VERSIONS, *logins):
            break
        answer = (ANSWERS | logins)[request.key](request)
        answer = struct.pack(">i", request.number) + answer
        connection.sendall(struct.pack(">i", len(answer)) + answer)
    connection.close()


listener = socket.create_server(("127.0.0.1", PORT))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
