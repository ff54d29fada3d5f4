#!/usr/bin/env python3
"""A relay to a registry that notes each request: registry_relay.py HOST:PORT LOG

Prints the port of its own that it listens on (127.0.0.1), and goes on until it is ended.
"""
import re
import socket
import sys
import threading

REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|PATCH|DELETE) (\S+) HTTP/1\.1\r\n")


def pump(source, sink, log):
    try:
        while data := source.recv(1 << 16):
            if log and (found := REQUEST.match(data)):
                with open(log, "a", encoding="ascii") as file:
                    file.write(f"{found[1].decode()} {found[2].decode()}\n")
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client, host, port, log):
    server = socket.create_connection((host, port))
    threading.Thread(target=pump, args=(server, client, None), daemon=True).start()
    pump(client, server, log)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(
            target=serve, args=(client, host, int(port), sys.argv[2]), daemon=True
        ).start()


main()
