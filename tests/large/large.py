"""large: a set of any size: apps of ConfigMap, ServiceAccount, Service and Deployment.

large.py FOLDER OBJECTS FILES   (a multiple of both 4 and FILES)
"""
import os
import sys

PROJECT = """apiVersion: cmx.dev/v1
kind: Project
metadata: { name: large }
spec: { namespace: large, cluster: rendered, pruneBudget: 100% }
---
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: rendered }
spec: { directory: out }
"""
KINDS = ["""apiVersion: v1
kind: ConfigMap
metadata: { name: app%d, labels: { app: app%d } }
data: { key: value, more: text }
""", """apiVersion: v1
kind: ServiceAccount
metadata: { name: app%d, labels: { app: app%d } }
""", """apiVersion: v1
kind: Service
metadata: { name: app%d }
spec: { selector: { app: app%d }, ports: [ { port: 80 } ] }
""", """apiVersion: apps/v1
kind: Deployment
metadata: { name: app%d }
spec:
  replicas: 0
  selector: { matchLabels: { app: app%d } }
  template:
    metadata: { labels: { app: app%d } }
    spec:
      serviceAccountName: app%d
      containers: [ { name: main, image: "web:1.4", envFrom: [ { configMapRef: { name: app%d } } ] } ]
"""]


def document(number):
    app, kind = divmod(number, 4)
    return KINDS[kind] % ((app,) * KINDS[kind].count("%d"))


folder, objects, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(folder)
with open(os.path.join(folder, "project.yaml"), "w", encoding="ascii") as output:
    output.write(PROJECT)
each = objects // files
for file in range(files):
    with open(os.path.join(folder, f"{file}.yaml"), "w", encoding="ascii") as output:
        output.write("---\n".join(document(i) for i in range(file * each, (file + 1) * each)))
