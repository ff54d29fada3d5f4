"""Base images out of what is installed on this machine, for tests that build on them.

usage: bases.py LAYOUT IMAGE…
An IMAGE is TAG=PART,PART…; a PART is
  PACKAGE      an installed package of Debian with all that it depends on
  @go @node @rust
               the toolchain of this machine
  @repository  Maven's repository in $CMX_REPOSITORY, since there is no network to fetch it from
  @python      the name `python`, as the image of that language has it
Each becomes the tag of an OCI layout, with one plain layer.
"""
import glob
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

STATUS, INFO, ALTERNATIVES = "/var/lib/dpkg/status", "/var/lib/dpkg/info", "/var/lib/dpkg/alternatives"
ALWAYS = ["base-files", "base-passwd", "bash", "coreutils", "dash", "findutils", "grep", "sed", "libc-bin"]
# Large, and of no use for a program in C.
UNNEEDED = ("/cc1plus", "/lto1", "/lto-dump", "/libstdc++.a", "/libasan.a", "/libtsan.a", "/libubsan.a",
            "/liblsan.a", "/libhwasan.a", "/libc.a", "lto-dump-12", "/ctest", "/cpack",
            "/libasan.so.8.0.0", "/libtsan.so.2.0.0", "/ld.gold", "gnu-ld.gold")


# ----------------------------------------------------------------------------- packages

def read_status():
    packages, provided = {}, {}
    for paragraph in open(STATUS).read().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.split("\n")
                      if ": " in line and line[0] not in " \t")
        if "installed" not in fields.get("Status", "").split():
            continue
        fields["text"] = paragraph
        packages.setdefault(fields["Package"], fields)
        for name in fields.get("Provides", "").split(","):
            provided.setdefault(name.split("(")[0].strip(), fields["Package"])
    return packages, provided


def closure(names):
    packages, provided = read_status()
    found, wanted = {}, list(names)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        if name not in packages:
            sys.exit(f"bases: {name} is not installed")
        found[name] = packages[name]
        needs = packages[name].get("Depends", "") + "," + packages[name].get("Pre-Depends", "")
        for need in needs.split(","):
            for choice in need.split("|"):
                choice = choice.split("(")[0].split(":")[0].strip()
                choice = choice if choice in packages else provided.get(choice)
                if choice:
                    wanted.append(choice)
                    break
    return found


def files_of(package):
    for path in (f"{INFO}/{package['Package']}.list",
                 f"{INFO}/{package['Package']}:{package['Architecture']}.list"):
        if os.path.exists(path):
            return [line for line in open(path).read().split("\n") if len(line) > 2]
    return []


def unneeded(path):
    return path.endswith(UNNEEDED) or "/cmake-3.25/Help" in path or path.startswith(
        ("/usr/share/doc", "/usr/share/man", "/usr/share/locale", "/usr/share/info", "/usr/lib/x86_64-linux-gnu/gconv",
         "/usr/share/i18n", "/usr/share/zoneinfo", "/usr/share/bash-completion", "/usr/share/emacs"))


# ---------------------------------------------------------------------------------- tar

class Layer:
    """A tar of paths as they are here, each once; folders above a path come along."""

    def __init__(self, path):
        self.tar, self.seen = tarfile.open(path, "w"), {"/"}

    def add(self, path, name=None):
        """With the folder above it as it really is, since /bin is a link."""
        if not name:
            name = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if name in self.seen or not os.path.lexists(path):
            return
        self.folder(os.path.dirname(name))
        self.seen.add(name)
        self.tar.add(path, name.lstrip("/"), recursive=False)

    def folder(self, name, mode=0o755):
        if name in self.seen:
            return
        self.folder(os.path.dirname(name))
        self.seen.add(name)
        one = tarfile.TarInfo(name.lstrip("/"))
        one.type, one.mode = tarfile.DIRTYPE, mode
        self.tar.addfile(one)

    def tree(self, source, name, without=(), neither=lambda path: False):
        """A folder as `name`; links that lead out of it (Debian's Go) are what they lead to."""
        for folder, folders, files in os.walk(source):
            inner = os.path.relpath(folder, source)
            folders[:] = sorted(one for one in folders if os.path.normpath(os.path.join(inner, one))
                                not in without and one != "testdata")
            for one in sorted(folders) + sorted(files):
                path, inside = os.path.join(folder, one), os.path.normpath(os.path.join(name, inner, one))
                real = os.path.realpath(path)
                leaves = os.path.islink(path) and not real.startswith(os.path.realpath(source) + "/")
                if leaves and os.path.isdir(real):
                    below = os.path.normpath(os.path.join(inner, one)) + "/"
                    self.tree(real, inside, {w[len(below):] for w in without if w.startswith(below)}, neither)
                elif os.path.isdir(path) or not neither(path):
                    self.add(real if leaves else path, inside)

    def text(self, name, text):
        self.folder(os.path.dirname(name))
        self.seen.add(name)
        one = tarfile.TarInfo(name.lstrip("/"))
        one.size, one.mode = len(text.encode()), 0o644
        self.tar.addfile(one, io.BytesIO(text.encode()))

    def link(self, name, target):
        if name in self.seen:
            return
        self.folder(os.path.dirname(name))
        self.seen.add(name)
        one = tarfile.TarInfo(name.lstrip("/"))
        one.type, one.linkname = tarfile.SYMTYPE, target
        self.tar.addfile(one)


def add_alternatives(layer):
    """Links that no package holds (cc, awk, java), to what is there."""
    for path in glob.glob("/etc/alternatives/*"):
        description = os.path.join(ALTERNATIVES, os.path.basename(path))
        target = os.path.realpath(path)
        if target in layer.seen and os.path.exists(description):
            layer.link(path, os.readlink(path))
            layer.link(open(description).read().split("\n")[1].replace("/bin/", "/usr/bin/")
                       .replace("/usr/usr/", "/usr/"), path)


def add_packages(layer, names):
    packages = closure(ALWAYS + names)
    layer.folder("/tmp", 0o1777)
    for name in ("bin", "sbin", "lib", "lib64"):
        layer.link("/" + name, "usr/" + name)
    for package in packages.values():
        for path in files_of(package):
            if not unneeded(path):
                layer.add(path)
    add_alternatives(layer)
    for path in glob.glob("/usr/lib/ccache/*") if "ccache" in names else []:
        layer.add(path)
    # What apt-get is told to install is there already: it needs to know that, and no network.
    layer.text("/var/lib/dpkg/status", "\n\n".join(one["text"] for one in packages.values()) + "\n\n")
    layer.text("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n_apt:x:42:65534::/nonexistent:/bin/false\n")
    layer.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n")
    layer.folder("/root", 0o700)
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        layer.add("/etc/ssl/certs/ca-certificates.crt")


# --------------------------------------------------------------------------- toolchains

def asked(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def add_go(layer, environment):
    programs = ["go", "/usr/local/go/bin/go", *sorted(glob.glob("/usr/lib/go-*/bin/go"))]
    root = asked(next(filter(shutil.which, programs)), "env", "GOROOT")
    layer.tree(root, "/usr/local/go", {"test", "api", "doc", "misc", "src/cmd", ".git"},
               lambda path: path.endswith("_test.go") or "/pkg/tool/" in path and not path.endswith(("/asm", "/compile", "/link")))
    environment["PATH"] = "/go/bin:/usr/local/go/bin:" + environment["PATH"]
    environment.update(GOTOOLCHAIN="local", GOPATH="/go")


def add_node(layer, environment):
    program = os.path.realpath(shutil.which("node"))
    layer.add(program, "/usr/local/bin/node")
    npm = os.path.realpath(shutil.which("npm"))
    modules = npm[:npm.index("/npm/")]
    layer.tree(modules + "/npm", "/usr/local/lib/node_modules/npm")
    layer.link("/usr/local/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js")


def add_rust(layer, environment):
    root = asked("rustc", "--print", "sysroot")
    layer.tree(root, "/usr/local/rust", {"share", "lib/rustlib/src"})
    environment["PATH"] = "/usr/local/cargo/bin:/usr/local/rust/bin:" + environment["PATH"]
    environment["CARGO_HOME"] = "/usr/local/cargo"


def add_python(layer, environment):
    layer.link("/usr/local/bin/python", "/usr/bin/python3")


def add_repository(layer, environment):
    layer.tree(os.environ["CMX_REPOSITORY"], "/opt/repository")
    layer.text("/etc/maven/settings.xml",
               "<settings><localRepository>/opt/repository</localRepository></settings>\n")


TOOLCHAINS = {"@repository": add_repository, "@go": add_go, "@node": add_node, "@rust": add_rust, "@python": add_python}


def busybox(layer):
    layer.add("/bin/busybox", "/bin/busybox")
    layer.folder("/tmp", 0o1777)
    for applet in asked("/bin/busybox", "--list").split():
        layer.link("/bin/" + applet, "busybox")


# -------------------------------------------------------------------------------- images

def blob(layout, data):
    name = hashlib.sha256(data).hexdigest()
    with open(f"{layout}/blobs/sha256/{name}", "wb") as file:
        file.write(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make(layout, tag, parts):
    path = f"{layout}/layer"
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    layer = Layer(path)
    if parts == ["busybox"]:
        busybox(layer)
    else:
        for part in [one for one in parts if one in TOOLCHAINS]:
            TOOLCHAINS[part](layer, environment)
        add_packages(layer, [one for one in parts if one not in TOOLCHAINS])
    layer.tar.close()
    name, size = digest_of(path), os.path.getsize(path)
    os.rename(path, f"{layout}/blobs/sha256/{name}")
    config = {"architecture": "amd64", "os": "linux",
              "config": {"Env": [f"{key}={value}" for key, value in environment.items()], "Cmd": ["sh"]},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + name]}, "history": [{"created_by": "bases.py"}]}
    media = "application/vnd.oci.image."
    manifest = {"schemaVersion": 2, "mediaType": media + "manifest.v1+json",
                "config": {"mediaType": media + "config.v1+json", **blob(layout, json.dumps(config).encode())},
                "layers": [{"mediaType": media + "layer.v1.tar", "digest": "sha256:" + name, "size": size}]}
    return {"mediaType": media + "manifest.v1+json", **blob(layout, json.dumps(manifest).encode()),
            "annotations": {"org.opencontainers.image.ref.name": tag}}


def main():
    layout = sys.argv[1]
    os.makedirs(f"{layout}/blobs/sha256", exist_ok=True)
    made = []
    for image in sys.argv[2:]:
        tag, _, parts = image.partition("=")
        made.append(make(layout, tag, parts.split(",")))
    with open(f"{layout}/oci-layout", "w") as file:
        json.dump({"imageLayoutVersion": "1.0.0"}, file)
    with open(f"{layout}/index.json", "w") as file:
        json.dump({"schemaVersion": 2, "manifests": made}, file)


main()
