"""The cluster that everything here talks to: kubectl, the admin's certificates for
curl, and what the API server was asked (its audit log, where there is one)."""

import base64
import json
import os
import subprocess

KUBECTL = os.environ.get("CMX_KUBECTL", "kubectl")


def kubectl(*arguments, text=None):
    return subprocess.run([KUBECTL, *arguments], input=text, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def make_namespace(name):
    kubectl("create", "namespace", name)


def remove_namespaces(names):
    """Waits until they are gone: the next figure is not to be taken beside a clean-up."""
    if names:
        kubectl("delete", "namespace", "--ignore-not-found", "--timeout=30m", *names)


class Login:
    """Server and files for curl, from the current context."""

    def __init__(self, folder):
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        self.files = [
            self.keep(folder, "--cacert", cluster, "certificate-authority"),
            self.keep(folder, "--cert", user, "client-certificate"),
            self.keep(folder, "--key", user, "client-key"),
        ]

    @staticmethod
    def keep(folder, option, entry, name):
        path = entry.get(name)
        if name + "-data" in entry:
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(base64.b64decode(entry[name + "-data"]))
        if not path:
            raise SystemExit(f"the current context has no {name}: curl could not log in")
        return option, path

    def curl_options(self):
        return [f'{option[2:]} = "{path}"' for option, path in self.files]


class Requests:
    """Counts what a program asked, by its user agent."""

    def __init__(self):
        self.path = os.environ.get("CMX_AUDIT_LOG")

    def known(self):
        return bool(self.path) and os.path.exists(self.path)

    def mark(self):
        return os.path.getsize(self.path) if self.known() else 0

    def since(self, mark, agent):
        """None where nobody counts."""
        if not self.known():
            return None
        needle = f'"userAgent":"{agent}'.encode()
        with open(self.path, "rb") as log:
            log.seek(mark)
            return sum(needle in line for line in log)
