"""What goes into the images: bytes that compress as programs do, the same in each run.

They are slices of a program that is there anyway, in an order that a fixed seed gives, so
that no two files are alike.
"""

import os
import random
import subprocess

MEBIBYTE = 1 << 20
PROGRAMS = ("/usr/bin/skopeo", "/usr/bin/buildah", "/usr/bin/git")


def material():
    for path in PROGRAMS:
        if os.path.exists(path):
            with open(path, "rb") as file:
                return file.read()
    raise SystemExit(f"none of {', '.join(PROGRAMS)} is here to take bytes from")


def piece(source, rng, length):
    """A unique head, and `length` bytes of the program from anywhere."""
    start = rng.randrange(max(1, len(source) - length))
    head = rng.randbytes(32)
    return (head + source[start:start + length])[:length]


def large(source, rng, length):
    pieces = [piece(source, rng, MEBIBYTE) for _ in range(length // MEBIBYTE)]
    return b"".join(pieces)


def store(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def commit(folder):
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid",
           "-c", "gc.auto=0"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "the first"]):
        subprocess.run([*git, *command], cwd=folder, check=True)


def repository(root, name, files):
    """A repository with a Dockerfile that copies all of files/."""
    folder = os.path.join(root, name)
    for path, data in files:
        store(os.path.join(folder, "files", path), data)
    store(os.path.join(folder, "Dockerfile"), b"FROM scratch\nCOPY files/ /srv/\n")
    return folder


def write(root, cases):
    source, rng = material(), random.Random(20261128)
    if "small" in cases:
        commit(repository(root, "small", [("api", large(source, rng, 5 * MEBIBYTE))]))
    if "many" in cases or "again" in cases:
        commit(repository(root, "many", ((f"{n // 100:03}/{n:05}.bin",
                                          piece(source, rng, 15 * 1024))
                                         for n in range(20000))))
    if "copy" in cases:
        repository(root, "copy", ((f"{n}", large(source, rng, 125 * MEBIBYTE)) for n in range(4)))
        lines = ["FROM scratch", *(f"COPY files/{n} /{n}" for n in range(4))]
        store(os.path.join(root, "copy", "Dockerfile"), "\n".join([*lines, ""]).encode())
        commit(os.path.join(root, "copy"))
