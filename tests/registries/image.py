"""Writes an OCI layout with small images, for tests: always the same bytes.

usage: image.py FOLDER [SIZE]

Tags: "one" (linux/amd64), "multi" (an index of linux/amd64, which is "one", and linux/arm64), and
a note that names "one" as its subject, under no tag. SIZE: bytes of each layer that do not
compress; default 3000. Prints the digests of one, multi and the note.
"""
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile

OCI = "application/vnd.oci.image."
folder, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3000
blobs = os.path.join(folder, "blobs", "sha256")
os.makedirs(blobs, exist_ok=True)


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put(data, kind, **more):
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    with open(os.path.join(blobs, digest_of(data)[7:]), "wb") as file:
        file.write(data)
    return {"mediaType": kind, "digest": digest_of(data), "size": len(data), **more}


def layer(name, seed):
    data, out = random.Random(seed).randbytes(size), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    plain = out.getvalue()
    return put(gzip.compress(plain, 1, mtime=0), OCI + "layer.v1.tar+gzip"), digest_of(plain)


def image(architecture):
    layers = [layer(name, architecture + name) for name in ("first", "second")]
    config = put({
        "architecture": architecture, "os": "linux", "created": "2026-11-01T10:00:00Z",
        "config": {"Entrypoint": ["/api"], "Cmd": ["--port", "8080"], "User": "1000", "Env": ["A=b"],
                   "ExposedPorts": {"8080/tcp": {}}, "Labels": {"team": "shop"}},
        "rootfs": {"type": "layers", "diff_ids": [plain for _, plain in layers]},
        "history": [{"created_by": "COPY first /"}, {"created_by": "ENV A=b", "empty_layer": True},
                    {"created_by": "COPY second /"}]}, OCI + "config.v1+json")
    return put({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config,
                "layers": [entry for entry, _ in layers]}, OCI + "manifest.v1+json",
               platform={"os": "linux", "architecture": architecture})


one, other = image("amd64"), image("arm64")
multi = put({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [one, other]},
            OCI + "index.v1+json")
subject = {name: one[name] for name in ("mediaType", "digest", "size")}
note = put({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "artifactType": "application/vnd.example.note",
            "config": put(b"{}", "application/vnd.oci.empty.v1+json"),
            "layers": [put(b"a note", "text/plain")], "subject": subject}, OCI + "manifest.v1+json")
entries = [{**one, "annotations": {"org.opencontainers.image.ref.name": "one"}},
           {**multi, "annotations": {"org.opencontainers.image.ref.name": "multi"}}, note]
for name, document in (("index.json", {"schemaVersion": 2, "manifests": entries}),
                       ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        json.dump(document, file)
print(one["digest"], multi["digest"], note["digest"])
