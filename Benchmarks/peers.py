"""Other clients, built for one run: Go's net/http, async-http-client, URLSession."""
import os, shutil, subprocess
from harness import here, sh


def go(folder):
    """The Go client of this folder, or None where there is no Go."""
    if not shutil.which("go"):
        return None
    program = os.path.join(folder, "go_peer")
    sh("go", "build", "-o", program, os.path.join(here, "Peers", "peer.go"), env={**os.environ, "GO111MODULE": "off",
       "GOCACHE": os.path.join(folder, "go-cache")})
    return program


def swift_peers(sticks):
    """async-http-client and URLSession, or None where the sticks are not there. Built once, which takes minutes."""
    source = os.path.join(sticks, "ahc")
    if not os.path.isdir(source):
        return None
    build = os.path.join(here, ".build", "peers")
    shutil.copytree(source, build, dirs_exist_ok=True)
    try:
        sh("swift", "build", "-c", "release", "--package-path", build)
    except subprocess.CalledProcessError as error:
        print("async-http-client does not build here: " + error.stderr[-500:], flush=True)
        return None
    return os.path.join(sh("swift", "build", "-c", "release", "--package-path", build, "--show-bin-path").strip(), "ahc")
