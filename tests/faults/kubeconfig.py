"""kubeconfig: how the tests' own requests reach the test cluster.

The kubeconfig of scripts/testbed is YAML, and Debian's python3 has no YAML
reader: kubectl prints it as JSON.
"""
import base64
import json
import os
import ssl
import subprocess
import tempfile


def read(path):
    """The server's URL, and a TLS context with the client certificate of that file."""
    kubectl = os.environ["CMX_KUBECTL"]
    config = json.loads(subprocess.run(
        [kubectl, "--kubeconfig", path, "config", "view", "--raw", "--minify", "--flatten",
         "-o", "json"], check=True, stdout=subprocess.PIPE).stdout)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    with tempfile.NamedTemporaryFile() as file:
        for name in ("client-certificate-data", "client-key-data"):
            file.write(base64.b64decode(user[name]))
        file.flush()
        context.load_cert_chain(file.name)
    return cluster["server"], context


def plain(server):
    """A kubeconfig for a server that asks nobody who he is."""
    return {"apiVersion": "v1", "kind": "Config", "current-context": "faults",
            "contexts": [{"name": "faults", "context": {"cluster": "faults", "user": "faults"}}],
            "clusters": [{"name": "faults", "cluster": {"server": server}}],
            "users": [{"name": "faults", "user": {}}]}
