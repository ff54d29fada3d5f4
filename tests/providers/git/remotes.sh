# Makes what the tests of remote repositories serve below $1: repos/line.git (a few
# commits and tags), repos/wide.git (many objects), a certificate, keys for ssh.
set -euo pipefail
cd "$1"
mkdir -p repos ssh
git init -q line && cd line
for i in 1 2 3 4 5; do
    echo $i >f.yaml
    git add . && git commit -qm "commit $i" && git tag v1.$i.0
done
git branch other v1.2.0
git update-ref refs/pull/7/head v1.3.0
cd .. && git clone -q --mirror line repos/line.git
git init -q wide && cd wide
mkdir d
for i in $(seq 400); do head -c 3000 /dev/urandom | base64 >d/$i.yaml; done
git add . && git commit -qm wide
cd .. && git clone -q --mirror wide repos/wide.git
git init -q --bare repos/empty.git
git clone -q --bare line repos/"it's a repo.git"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem \
    -out cert.pem -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -f ssh/host
ssh-keygen -q -t ed25519 -N '' -f ssh/user
cp ssh/user.pub ssh/authorized && chmod 600 ssh/authorized
