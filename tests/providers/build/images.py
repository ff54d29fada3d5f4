"""Images as text: the oracle of the builder's tests, written without our own code.

Reads an OCI layout or what `docker save` writes, applies the layers as the image spec says, and
prints one line a path. Also makes the base that cases stand on.
"""
import gzip
import hashlib
import io
import json
import os
import tarfile


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------------------ reading

def apply(tree, layer):
    """Lays a layer over a tree: path -> (kind, mode, uid, gid, link or content)."""
    lower = dict(tree)
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        for one in tar:
            path = one.name.strip("/").removeprefix("./")
            folder, _, name = path.rpartition("/")
            if path in ("", "."):
                continue
            if name == ".wh..wh..opq":
                for old in [p for p in lower if p.startswith(folder + "/")]:
                    tree.pop(old, None)
                continue
            if name.startswith(".wh."):
                gone = (folder + "/" if folder else "") + name[4:]
                for old in [p for p in tree if p == gone or p.startswith(gone + "/")]:
                    del tree[old]
                continue
            if not one.isdir():
                for old in [p for p in tree if p.startswith(path + "/")]:
                    del tree[old]
            if one.islnk():
                tree[path] = tree[one.linkname.strip("/").removeprefix("./")]
                continue
            kind = "d" if one.isdir() else "l" if one.issym() else "f" if one.isreg() else "?"
            content = one.linkname if kind == "l" else tar.extractfile(one).read() if kind == "f" else None
            mode = 0o777 if kind == "l" else one.mode & 0o7777  # an old Docker writes the kind, too
            tree[path] = (kind, mode, one.uid, one.gid, content)


class Image:
    def __init__(self, config, layers):
        self.config = json.loads(config)
        self.tree = {}
        diff_ids = self.config["rootfs"]["diff_ids"] or []
        assert len(diff_ids) == len(layers), "as many diff_ids as layers"
        for layer, diff_id in zip(layers, diff_ids):
            plain = gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer
            assert digest(plain) == diff_id, "a diff_id that is not the layer's"
            apply(self.tree, plain)
        made = [h for h in self.config.get("history", []) if not h.get("empty_layer")]
        assert not self.config.get("history") or len(made) == len(layers), "history and layers"


def blob(layout, name):
    with open(os.path.join(layout, "blobs", *name.split(":")), "rb") as file:
        data = file.read()
    assert digest(data) == name
    return data


def manifests(layout, tag):
    """The manifests that a tag names: one, or those of its index."""
    with open(os.path.join(layout, "index.json")) as file:
        index = json.load(file)
    found = [m for m in index["manifests"]
             if m.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag]
    document = json.loads(blob(layout, found[0]["digest"]))
    if "manifests" in document:
        return [json.loads(blob(layout, m["digest"])) for m in document["manifests"]]
    return [document]


def from_layout(layout, tag, number=0):
    manifest = manifests(layout, tag)[number]
    return Image(blob(layout, manifest["config"]["digest"]),
                 [blob(layout, one["digest"]) for one in manifest["layers"]])


def from_archive(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        def read(name):
            return tar.extractfile(name).read()
        manifest = json.loads(read("manifest.json"))[0]
        return Image(read(manifest["Config"]), [read(one) for one in manifest["Layers"]])


# ------------------------------------------------------------------------------ writing

def text(image, without=None):
    """One line a path that `without` has not just so, then config and history."""
    lines = []
    base = without.tree if without else {}
    for path in sorted(image.tree):
        kind, mode, uid, gid, content = image.tree[path]
        if base.get(path) == image.tree[path]:
            continue
        line = f"{kind} {mode:o} {uid}:{gid} /{path}"
        if kind == "l":
            line += f" -> {content}"
        if kind == "f":
            line += " " + json.dumps(content.decode("utf-8", "replace")[:60], ensure_ascii=False)
        lines.append(line)
    lines += [f"gone /{path}" for path in sorted(base) if path not in image.tree]
    config = image.config.get("config", {})
    for key in sorted(config):
        if config[key] not in (None, "", [], {}, False) and key != "ArgsEscaped":
            lines.append(f"{key}: " + json.dumps(config[key], sort_keys=True, ensure_ascii=False))
    return lines


def history(image, without=None):
    known = len(without.config.get("history", [])) if without else 0
    lines = []
    for one in image.config.get("history", [])[known:]:
        lines.append("history: " + one["created_by"].removesuffix(" # buildkit"))
    return lines


def tar_of(members):
    """(kind, mode, uid, gid, path, link or content)… as a tar."""
    out = io.BytesIO()
    kinds = {"d": tarfile.DIRTYPE, "f": tarfile.REGTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for kind, mode, uid, gid, path, what in members:
            one = tarfile.TarInfo(path)
            one.type, one.mode, one.uid, one.gid, one.mtime = kinds[kind], mode, uid, gid, 1000
            data = (what or "").encode() if kind == "f" else b""
            one.size = len(data)
            if kind in "lh":
                one.linkname = what
            tar.addfile(one, io.BytesIO(data))
    return out.getvalue()


def put(layout, data):
    name = digest(data)
    path = os.path.join(layout, "blobs", *name.split(":"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return {"digest": name, "size": len(data)}


def write_image(layout, tag, layers, config, platforms=("amd64",)):
    entries = []
    blobs = [put(layout, gzip.compress(one, mtime=0)) for one in layers]
    for arch in platforms:
        whole = {"architecture": arch, "os": "linux", "config": config,
                 "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in layers]},
                 "history": [{"created_by": f"base {i}"} for i in range(len(layers))]}
        manifest = {
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                       **put(layout, json.dumps(whole).encode())},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **one}
                       for one in blobs]}
        entries.append({"mediaType": manifest["mediaType"],
                        **put(layout, json.dumps(manifest).encode()),
                        "platform": {"architecture": arch, "os": "linux"}})
    top = entries[0]
    if len(entries) > 1:
        media = "application/vnd.oci.image.index.v1+json"
        index = {"schemaVersion": 2, "mediaType": media, "manifests": entries}
        top = {"mediaType": media, **put(layout, json.dumps(index).encode())}
    path = os.path.join(layout, "index.json")
    index = {"schemaVersion": 2, "manifests": []}
    if os.path.exists(path):
        with open(path) as file:
            index = json.load(file)
    index["manifests"].append(
        {**top, "annotations": {"org.opencontainers.image.ref.name": tag}})
    with open(path, "w") as file:
        json.dump(index, file)
    with open(os.path.join(layout, "oci-layout"), "w") as file:
        json.dump({"imageLayoutVersion": "1.0.0"}, file)


def make_bases(layout):
    """base:1 has what a COPY may stumble over; trigger:1 has an ONBUILD."""
    lower = tar_of([
        ("d", 0o755, 0, 0, "bin/", None), ("f", 0o755, 0, 0, "bin/busybox", "busybox"),
        ("h", 0o755, 0, 0, "bin/ls", "bin/busybox"), ("h", 0o755, 0, 0, "bin/sh", "bin/busybox"),
        ("d", 0o750, 0, 0, "data/", None), ("f", 0o600, 7, 8, "data/gone", "gone"),
        ("f", 0o640, 7, 8, "data/old", "old"),
        ("d", 0o755, 0, 0, "etc/", None),
        ("f", 0o644, 0, 0, "etc/group", "root:x:0:\nstaff:x:50:\napp:x:1001:app\n"),
        ("f", 0o644, 0, 0, "etc/passwd",
         "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n"),
        ("d", 0o700, 1000, 1001, "home/app/", None),
        ("l", 0o777, 0, 0, "lib", "usr/lib"), ("l", 0o777, 0, 0, "current", "opt/v1"),
        ("d", 0o2775, 3, 4, "opt/", None), ("d", 0o711, 3, 4, "opt/v1/", None),
        ("d", 0o1777, 0, 0, "tmp/", None), ("d", 0o755, 0, 0, "usr/", None),
        ("d", 0o755, 0, 0, "usr/lib/", None), ("f", 0o644, 0, 0, "usr/lib/libc.so", "libc"),
    ])
    upper = tar_of([("d", 0o750, 0, 0, "data/", None), ("f", 0o644, 0, 0, "data/.wh.gone", ""),
                    ("f", 0o644, 0, 0, "data/new", "new")])
    config = {"Env": ["PATH=/bin", "FOO=base"], "WorkingDir": "/home/app", "Cmd": ["/bin/sh"],
              "Labels": {"from": "base"}}
    write_image(layout, "base:1", [lower, upper], config)
    write_image(layout, "many:1", [lower], config, ("amd64", "arm64"))
    write_image(layout, "trigger:1", [lower], {**config, "OnBuild": ["COPY x /x"]})
