"""hold: faults between `cmx-reconcile hold` and a real API server.

usage: hold.py PROGRAM KUBECONFIG NAMESPACE FOLDER FAULT,FAULT…

The set `held` of that namespace has a member ConfigMap/one. Every run holds it anew, for
another reason; behind it there is one hold, for the last reason, and one that nobody touched.
"""
import json
import os
import sys
import urllib.request

import kubeconfig
import program
from matrix import Matrix
from proxy import Proxy


class World:
    def __init__(self, path, config, namespace, folder):
        self.program, self.namespace = path, namespace
        self.server, self.context = kubeconfig.read(config)
        self.proxy = Proxy(self.server, self.context)
        self.turn = 0
        self.config = os.path.join(folder, "kubeconfig-hold")
        with open(self.config, "w", encoding="ascii") as file:
            json.dump(kubeconfig.plain(self.proxy.url), file)

    def begin(self):
        self.turn += 1

    def run(self, limit):
        return program.run([self.program, "hold", "ConfigMap/one", "--reason", f"turn {self.turn}",
                            "--project", "held", "-n", self.namespace, "--kubeconfig", self.config],
                           limit, self.proxy)

    def settle(self):
        return None

    def check(self):
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/cmx-set-held"
        with urllib.request.urlopen(self.server + path, context=self.context) as answer:
            annotations = json.load(answer)["metadata"]["annotations"]
        reasons = [hold["reason"] for hold in json.loads(annotations.get("cmx.dev/holds", "[]"))]
        wanted = ["never touched", f"turn {self.turn}"]
        return None if reasons == wanted else f"the holds are {reasons}, wanted are {wanted}"


def main():
    path, config, namespace, folder, faults = sys.argv[1:6]
    world = World(path, config, namespace, folder)
    matrix = Matrix(world.proxy, world)
    exchanges = matrix.measure()
    fine = matrix.all(faults.split(","))
    print(f"hold: {exchanges} exchanges in a clean run, {matrix.runs} runs, "
          f"{matrix.failures} failures")
    sys.exit(0 if fine else 1)


main()
