"""A name server for tests, on 127.0.0.1:53.

usage: dns_server.py FILE   each name that is asked for becomes a line of FILE

later.test   SERVFAIL for a second after it was first asked, then 127.0.0.1
never.test   SERVFAIL
all others   NXDOMAIN
"""
import socket
import struct
import sys
import time

NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3
A = 1
begun = None


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    return b".".join(labels).decode(), at + 5


def code_for(name):
    global begun
    if name == "later.test":
        begun = begun or time.monotonic()
        return SERVER_FAILURE if time.monotonic() < begun + 1 else NO_ERROR
    return SERVER_FAILURE if name == "never.test" else NO_SUCH_NAME


def answer(query):
    name, end = name_of(query)
    with open(sys.argv[1], "a", encoding="ascii") as asked:
        asked.write(name + "\n")
    code = code_for(name)
    found = code == NO_ERROR and struct.unpack("!H", query[end - 4:end - 2])[0] == A
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x7f\x00\x00\x01" if found else b""
    return query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, int(found), 0, 0) + query[12:end] + record


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    data, client = server.recvfrom(4096)
    server.sendto(answer(data), client)
