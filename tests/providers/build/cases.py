"""Runs the cases of a file through the native builder, or through Docker, and compares.

usage: cases.py native|docker FILE [--update]

A case, as in tests/manifest/cases_file.h: its name, its files, what is to come out.
  ## name
  @@ path                a file; "path +x" is executable, "path -> target" a link
  @@ path.tar tar        an archive; its lines are "f 644 1:2 name text", "l name -> target"
  @@ path crlf           a file whose lines end with a carriage return
  @@ options             lines for tool_image, as "target=one"; Docker gets the same
  @@ expect              paths that the base has not just so, config, history; or "error: …"
An engine before API 1.44 (Debian's) writes other histories and leaves "/" out as the working
directory, so that neither is compared, and does not know all flags and variables: such a case is
counted, and no failure; "… (newer)" is one that it does otherwise than today's. An error's words are ours: of Docker only that it fails is wanted. A case named "… (ours)" is one
where we are meant to differ; Docker is not asked.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile

import images

COMPRESS = {".gz": gzip.compress, ".tgz": gzip.compress}


def read_cases(path):
    cases, part = [], None
    with open(path) as file:
        for line in file:
            if line.startswith("## "):
                cases.append({"name": line[3:].strip(), "parts": [], "expect": ""})
                part = None
            elif line.startswith("@@ ") and cases:
                part = [line[3:].rstrip("\n"), ""]
                cases[-1]["parts"].append(part)
            elif part is not None:
                part[1] += line
            elif not cases:
                continue
    for case in cases:
        for part in case["parts"]:
            # A blank line stands between cases, not in files.
            while part[1].endswith("\n\n"):
                part[1] = part[1][:-1]
        case["expect"] = "".join(text for name, text in case["parts"] if name == "expect").strip("\n")
    return cases


def archive(text, name):
    members = []
    for line in text.splitlines():
        kind, rest = line.split(" ", 1)
        if kind == "l":
            path, target = rest.split(" -> ")
            members.append(("l", 0o777, 0, 0, path, target))
            continue
        mode, owner, path, *content = rest.split(" ", 3)
        uid, gid = owner.split(":")
        members.append((kind, int(mode, 8), int(uid), int(gid), path, "".join(content)))
    data = images.tar_of(members)
    compress = COMPRESS.get(os.path.splitext(name)[1], lambda plain: plain)
    return compress(data)


def write_files(case, folder):
    options = []
    for name, text in case["parts"]:
        if name == "expect":
            continue
        if name == "options":
            options = text.split("\n")
            options = [one for one in options if one]
            continue
        name, _, link = name.partition(" -> ")
        name, _, how = name.partition(" ")
        path = os.path.join(folder, name)
        if name.endswith("/"):
            os.makedirs(path)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if link:
            os.symlink(link, path)
            continue
        if how == "crlf":
            text = text.replace("\n", "\r\n")
        with open(path, "wb") as file:
            file.write(archive(text, name) if how == "tar" else text.encode())
        os.chmod(path, 0o755 if how == "+x" else 0o644)
    return options


def native(work, folder, options):
    layout = os.path.join(work, "out")
    done = subprocess.run([os.environ["CMX_TOOLS"] + "/tool_image", folder, "disk=1", "tag=x",
                           "to=" + layout, "bases=" + work + "/bases", *options],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr
    return images.from_layout(layout, "x"), ""


def docker_options(options):
    arguments = []
    for option in options:
        name, value = option.split("=", 1)
        arguments += {"arg": ["--build-arg", value], "target": ["--target", value],
                      "dockerfile": ["-f", value], "label": ["--label", value]}[name]
    return arguments


def docker(work, folder, options):
    program = os.environ.get("DOCKER", "docker")
    build = [program, "build", "-q", "--pull=false", "-t", "case", *docker_options(options)]
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run([*build, "."], cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        return None, done.stderr
    saved = subprocess.run([program, "save", "case"], capture_output=True)
    if saved.returncode == 0:
        return images.from_archive(saved.stdout), ""
    return images.Image(inspected(program), []), ""


def inspected(program):
    """The config of an image without layers, which Docker does not save."""
    def ask(*arguments):
        return subprocess.run([program, *arguments], capture_output=True, check=True, text=True).stdout
    config = json.loads(ask("image", "inspect", "case"))[0]["Config"]
    said = ask("history", "--no-trunc", "--format", "{{json .CreatedBy}}", "case").splitlines()
    return json.dumps({"config": config, "rootfs": {"diff_ids": []}, "history": [
        {"created_by": json.loads(one), "empty_layer": True} for one in reversed(said)]})


def words_of(errors):
    """Without the quoted line and the count below it; the last sentence tells it."""
    lines = [line for line in errors.splitlines() if line and not line.startswith("  ")]
    lines = [line for line in lines if " in what image " not in line]
    return ["error: " + line for line in lines]


def run(case, how, bases):
    with tempfile.TemporaryDirectory() as work:
        os.symlink(bases, os.path.join(work, "bases"))
        folder = os.path.join(work, "context")
        os.makedirs(folder)
        options = write_files(case, folder)
        build = native if how == "native" else docker
        image, errors = build(work, folder, options)
        if image is None:
            return [line.replace(folder + "/", "") for line in words_of(errors)]
        dockerfile = "".join(text for name, text in case["parts"] if "Dockerfile" in name)
        base = images.from_layout(bases, "base:1") if "FROM base:1" in dockerfile else None
        return images.text(image, base) + images.history(image, base)


UNKNOWN = ("Unknown flag: ", "missing ':' in substitution", "unknown instruction: HELLO",
           "invalid chmod parameter")


def old_engine():
    asked = subprocess.run([os.environ.get("DOCKER", "docker"), "version", "-f",
                            "{{.Server.APIVersion}}"], capture_output=True, text=True, check=True)
    return tuple(int(part) for part in asked.stdout.strip().split(".")) < (1, 44)


def told_by_old(lines):
    """What an old engine can be compared by."""
    return [line for line in lines
            if not line.startswith("history: ") and line != 'WorkingDir: "/"']


def update(path, cases, results):
    with open(path) as file:
        head = file.read().split("## ", 1)[0]
    with open(path, "w") as file:
        file.write(head)
        for case, result in zip(cases, results):
            file.write(f"## {case['name']}\n")
            for name, text in case["parts"]:
                if name != "expect":
                    file.write(f"@@ {name}\n{text}")
            file.write("@@ expect\n" + "\n".join(result) + "\n\n")


def main():
    how, path = sys.argv[1:3]
    cases, results, failed = read_cases(path), [], 0
    with tempfile.TemporaryDirectory() as bases:
        images.make_bases(bases)
        if how == "docker":
            for name in ("base:1", "trigger:1"):
                archived = os.path.join(bases, "base.tar")
                subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", f"oci:{bases}:{name}",
                                f"docker-archive:{archived}:{name}"], check=True)
                subprocess.run([os.environ.get("DOCKER", "docker"), "load", "-q", "-i", archived],
                               check=True, stdout=subprocess.DEVNULL)
                os.remove(archived)
        old, unknown = how == "docker" and old_engine(), 0
        for case in cases:
            wanted = case["expect"].splitlines()
            if how == "docker" and case["name"].endswith("(ours)"):
                results.append(wanted)
                continue
            if old and case["name"].endswith("(newer)"):
                results.append(wanted)
                unknown += 1
                continue
            got = run(case, how, bases)
            results.append(got)
            if old and any(word in line for line in got for word in UNKNOWN):
                unknown += 1
                continue
            if old:
                wanted, got = told_by_old(wanted), told_by_old(got)
            if how == "docker" and got and wanted and got[0][:6] == wanted[0][:6] == "error:":
                continue
            if got != wanted and "--update" not in sys.argv:
                failed += 1
                print(f"## {case['name']}")
                print("\n".join("- " + line for line in wanted if line not in got))
                print("\n".join("+ " + line for line in got if line not in wanted))
    if "--update" in sys.argv:
        update(path, cases, results)
    print(f"{len(cases)} cases, {failed} failed, {unknown} not known to this engine ({how})")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main()
