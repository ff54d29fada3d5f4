"""serve: the fault proxy before the test cluster, driven by a script.

serve.py KUBECONFIG FILE   writes a kubeconfig for the proxy to FILE and prints
"ready". Then one command a line on standard input, each answered by one line:

    arm FAULT N [TEXT]   spoils the Nth exchange from now (with TEXT in its method
                         and path)
    fired                "yes" once it was spoiled
    skew SECONDS         the server's clock, as its Date header tells it
    token FILE N         from the Nth exchange on another token than that now
                         in FILE is asked for; it is put there at that moment
"""
import json
import os
import sys

import kubeconfig
from proxy import Proxy


def with_token(config, path):
    config["users"][0]["user"] = {"tokenFile": path}
    return config


class Tokens:
    """A login that changes in the middle of a run, as a projected token does."""

    def __init__(self, path, at):
        self.path, self.at, self.token = path, at, "first"
        self.write()

    def write(self):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(self.token)
        os.replace(self.path + ".new", self.path)

    def accepts(self, count, headers):
        if self.token == "first" and count >= self.at:
            self.token = "second"
            self.write()
        return headers.get("Authorization") == "Bearer " + self.token


def main():
    server, context = kubeconfig.read(sys.argv[1])
    proxy = Proxy(server, context)
    config = kubeconfig.plain(proxy.url)

    def write():
        with open(sys.argv[2], "w", encoding="ascii") as file:
            json.dump(config, file)
    write()
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        if command == "arm":
            proxy.arm(words[0], int(words[1]), " ".join(words[2:]))
        elif command == "skew":
            proxy.skew = int(words[0])
        elif command == "token":
            proxy.arm(None, 0)
            proxy.tokens = Tokens(words[0], int(words[1]))
            with_token(config, words[0])
            write()
        print("yes" if proxy.fired else "no", flush=True)


main()
