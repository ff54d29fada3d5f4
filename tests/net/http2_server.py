"""As much of HTTP/2 (RFC 9113) as a test of net needs: a server over TLS that answers three
requests together. Part of http_server.py."""

import gzip
import socket
import ssl
import struct
import threading
import time

DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STATUS_200 = b"\x88"  # HPACK's static table, RFC 7541
GZIP = b"\x5a\x04gzip"  # content-encoding: gzip, the same table
TOGETHER, FRAME, BUSY_SECONDS = 3, 16384, 0.03
LITTLE, MUCH = b"x" * 24, gzip.compress(bytes(32 << 20))
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def read(connection, length):
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def answer(connection, streams):
    """The second one is much to unpack. While a client is busy with it the whole of the first one
    comes, with the third one: whoever looks at the third next reads the first one's frames too."""
    first, second, third = streams
    connection.sendall(frame(HEADERS, END_HEADERS, second, STATUS_200 + GZIP)
                       + b"".join(frame(DATA, 0, second, MUCH[at:at + FRAME])
                                  for at in range(0, len(MUCH), FRAME))
                       + frame(DATA, END_STREAM, second))
    time.sleep(BUSY_SECONDS / 2)
    connection.sendall(b"".join(frame(HEADERS, END_HEADERS, stream, STATUS_200)
                                + frame(DATA, END_STREAM, stream, LITTLE)
                                for stream in (first, third)))


def serve_connection(connection):
    streams = []
    read(connection, len(PREFACE))
    connection.sendall(frame(SETTINGS, 0, 0))
    while True:
        head = read(connection, 9)
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        payload = read(connection, int.from_bytes(head[:3], "big"))
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            connection.sendall(frame(PING, ACK, 0, payload))
        elif kind == HEADERS:
            streams.append(stream)
        if len(streams) == TOGETHER:
            answer(connection, streams)
            streams = []


def run(context, raw):
    try:
        with context.wrap_socket(raw, server_side=True) as connection:
            serve_connection(connection)
    except OSError:
        pass  # the client has gone


def accept(context, listener):
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=run, args=(context, raw), daemon=True).start()


def start(certificate, key):
    """The port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(context, listener), daemon=True).start()
    return listener.getsockname()[1]
