# Makes the repository $1/work that the tests of git read: links (inside, outside,
# loops), a submodule, CRLF, exec bits, odd names, packed and loose objects, tags of
# each sort, branches that share a name with a tag, merges, thousands of files.
set -euo pipefail
cd "$1"
export GIT_AUTHOR_DATE='2026-01-02T03:04:05+0100' GIT_COMMITTER_DATE='2026-01-02T03:04:05+0100'
git init -q sub && (cd sub && echo sub >s && git add . && git commit -qm sub)
git init -q work && cd work
mkdir -p deploy/app deploy/Ünïcode many 'a b'
printf 'kind: A\n' >deploy/a.yaml
printf 'kind: B\r\nx: 1\r\n' >deploy/crlf.yaml
printf 'kind: C\n' >deploy/app/c.yaml
printf '#!/bin/sh\n' >deploy/run.sh && chmod +x deploy/run.sh
printf 'x' >'deploy/Ünïcode/näme.yaml'
printf 'y' >'a b/"quoted".yaml'
printf 'z' >$'a b/tab\there.yaml'
printf '\0binary\xff' >deploy/binary
: >deploy/empty.yaml
ln -s a.yaml deploy/link.yaml
ln -s ../deploy/app/c.yaml deploy/far.yaml
ln -s app deploy/applink
ln -s /etc/passwd deploy/absolute.yaml
ln -s ../../outside deploy/outside.yaml
ln -s nothing deploy/dangling.yaml
ln -s loop2 deploy/loop1 && ln -s loop1 deploy/loop2
ln -s .. deploy/up
ln -s . deploy/self
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' >deploy/lfs.yaml
for i in $(seq 1000); do echo "n: $i" >many/f$i.yaml; done
git add . && git commit -qm 'first commit

with a body'
git tag v1.0.0
git repack -adq
git -c protocol.file.allow=always submodule --quiet add ../sub deploy/module
echo more >>deploy/a.yaml
export GIT_AUTHOR_DATE='2026-02-03T04:05:06Z' GIT_COMMITTER_DATE='2026-02-03T04:05:06Z'
git add . && git commit -qm 'second: Grüße'
git tag -a -m annotated v1.2.0
git -c advice.nestedTag=false tag -a -m nested nested v1.2.0
git tag v1.10.0-rc.1
git checkout -q -b side v1.0.0 && echo side >side.yaml && git add side.yaml && git commit -qm side
rm -rf deploy/module; git tag same && git tag not-a-version
git checkout -q main && git branch same
git merge -q --no-ff -m merged side
git tag v1.9.0
git tag v2.0.0-beta.1
git update-ref refs/remotes/origin/only-remote v1.0.0
git tag blobtag "$(git rev-parse HEAD:deploy/a.yaml)"
