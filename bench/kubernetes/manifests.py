"""The objects that every peer is given: N/4 apps of a Deployment without pods, a
Service, a ServiceAccount and a ConfigMap. One file an app."""

import os

APP = """\
apiVersion: v1
kind: ConfigMap
metadata: {{ name: {name}, namespace: {namespace}, labels: {{ app: {name} }} }}
data:
  LOG_LEVEL: {level}
  config.yaml: |
    listen: 8080
    workers: {number}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{ name: {name}, namespace: {namespace}, labels: {{ app: {name} }} }}
---
apiVersion: v1
kind: Service
metadata: {{ name: {name}, namespace: {namespace}, labels: {{ app: {name} }} }}
spec:
  selector: {{ app: {name} }}
  ports: [{{ name: http, port: 80, targetPort: 8080 }}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name}, namespace: {namespace}, labels: {{ app: {name} }} }}
spec:
  replicas: 0
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata: {{ labels: {{ app: {name} }} }}
    spec:
      serviceAccountName: {name}
      containers:
      - name: main
        image: registry.example/app:1.{number}
        ports: [{{ containerPort: 8080 }}]
        envFrom: [{{ configMapRef: {{ name: {name} }} }}]
        resources:
          requests: {{ cpu: 50m, memory: 64Mi }}
          limits: {{ memory: 128Mi }}
"""

PROJECT = """\
apiVersion: cmx.dev/v1
kind: Project
metadata: {{ name: bench }}
spec: {{ namespace: {namespace} }}
"""

KINDS = [
    ("/api/v1", "configmaps"),
    ("/api/v1", "serviceaccounts"),
    ("/api/v1", "services"),
    ("/apis/apps/v1", "deployments"),
]
OBJECTS_AN_APP = len(KINDS)


def app(namespace, number, level):
    return APP.format(namespace=namespace, number=number, name=f"app-{number}", level=level)


def write(folder, namespace, objects, changed=0, level="debug"):
    """`objects` of them, of which the ConfigMaps of the first `changed` apps say `level`."""
    os.makedirs(folder, exist_ok=True)
    for number in range(objects // OBJECTS_AN_APP):
        text = app(namespace, number, level if number < changed else "info")
        with open(os.path.join(folder, f"app-{number}.yaml"), "w", encoding="utf-8") as file:
            file.write(text)


def write_project(folder, namespace):
    """What only cmx-reconcile reads."""
    with open(os.path.join(folder, "project.yaml"), "w", encoding="utf-8") as file:
        file.write(PROJECT.format(namespace=namespace))
