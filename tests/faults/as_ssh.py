"""as_ssh: stands for the ssh program: carries its two pipes to a git daemon.

GIT_SSH_COMMAND="python3 as_ssh.py PORT"; the words that the program adds end in
the command for the other side, "git-upload-pack 'PATH'". Like ssh it ends with 255 and a
word about it when the connection does.
"""
import os
import select
import socket
import sys


def main():
    path = sys.argv[-1].split("'")[1]
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    request = b"git-upload-pack %s\0host=test\0" % path.encode()
    server.sendall(b"%04x%s" % (len(request) + 4, request))
    while True:
        for source in select.select([server, sys.stdin], [], [])[0]:
            data = server.recv(1 << 16) if source is server else os.read(0, 1 << 16)
            if not data and source is server:
                raise OSError("Connection to test closed by remote host.")
            if not data:
                return
            if source is server:
                os.write(1, data)
            else:
                server.sendall(data)


try:
    main()
except OSError as error:
    print(f"ssh: {error}", file=sys.stderr)
    sys.exit(255)
