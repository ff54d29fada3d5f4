"""Registries and a Docker engine of the bench's own, on the loopback, stopped at its end."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request


# Debian's client has BuildKit in itself; others need a plugin for it.
DOCKER = "/usr/bin/docker" if os.path.exists("/usr/bin/docker") else "docker"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, server, log):
    for _ in range(300):
        if server.poll() is not None:
            break
        if ready():
            return
        time.sleep(0.1)
    with open(log, encoding="utf-8", errors="replace") as file:
        raise SystemExit(f"a server did not start:\n{file.read()[-2000:]}")


class Server:
    """A process that is ended with the bench."""

    def __init__(self, log, command, environment=None):
        self.log = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                            env=environment)

    def end(self):
        self.process.terminate()
        self.process.wait(30)


class Registry:
    CONFIG = """version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {folder}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""

    def __init__(self, root, name):
        self.folder, port = os.path.join(root, f"registry-{name}"), free_port()
        self.address = f"127.0.0.1:{port}"
        self.config = self.folder + ".yml"
        with open(self.config, "w", encoding="ascii") as file:
            file.write(self.CONFIG.format(folder=self.folder, port=port))

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://{self.address}/v2/", timeout=1).status == 200
        except OSError:
            return False

    def empty(self):
        """Forgets all images, so that a blob which is there is nobody's advantage."""
        shutil.rmtree(os.path.join(self.folder, "docker"), ignore_errors=True)

    def __enter__(self):
        # Debian's would send traces to a collector that nobody runs.
        self.server = Server(self.folder + ".log", ["docker-registry", "serve", self.config],
                             {**os.environ, "OTEL_TRACES_EXPORTER": "none"})
        wait_until(self.answers, self.server.process, self.server.log)
        return self

    def __exit__(self, *_):
        self.server.end()


class Engine:
    """dockerd of its own, with no network for containers: nothing here runs one."""

    def __init__(self, root, wanted):
        self.wanted = wanted and shutil.which("dockerd") and os.geteuid() == 0
        self.root, self.socket = os.path.join(root, "docker"), os.path.join(root, "docker.sock")
        self.host = f"unix://{self.socket}"

    def answers(self):
        return subprocess.run([DOCKER, "-H", self.host, "version"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def forget(self):
        """No layer and no build is left over from the last run."""
        for what in (["builder", "prune", "-af"], ["image", "prune", "-af"]):
            subprocess.run([DOCKER, "-H", self.host, *what], stdout=subprocess.DEVNULL, check=True)

    def __enter__(self):
        if self.wanted:
            self.server = Server(self.root + ".log", [
                "dockerd", "-H", self.host, "--data-root", self.root, "--exec-root",
                self.root + "-exec", "--pidfile", self.root + ".pid", "--bridge", "none",
                "--iptables=false", "--storage-driver", "overlay2"])
            wait_until(self.answers, self.server.process, self.server.log)
        return self

    def __exit__(self, *_):
        if self.wanted:
            self.server.end()
