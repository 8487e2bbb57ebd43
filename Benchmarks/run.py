#!/usr/bin/env python3
"""Runs Tern against the measuring sticks, in turn and on the same server, and prints the tables of Docs/Benchmarks.md.

nginx runs on core 0 and the clients on core 1. Every table quotes medians (minimum to maximum) of the rounds, the
order alternated from round to round; what each process printed is kept in Benchmarks/Results/.
Usage: run.py curl|h2 [--rounds N] [--sticks FOLDER]
"""
import argparse, datetime, os, platform, re, resource, shutil, socket, statistics, subprocess, sys, tempfile, time

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(here)


def sh(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    """One worker on core 0: clear text and TLS with HTTP/2, files of 1 KiB and 1 GiB, and a folder to PUT into."""

    def __init__(self, folder):
        self.clear, self.tls = free_port(), free_port()
        www = os.path.join(folder, "www")
        os.makedirs(os.path.join(www, "put"))
        os.chmod(folder, 0o755)
        os.chmod(os.path.join(www, "put"), 0o777)
        with open(os.path.join(www, "1k"), "w") as f:
            f.write("A" * 1024)
        with open(os.path.join(www, "1g"), "wb") as f:
            f.truncate(1 << 30)
        self.ca = os.path.join(folder, "ca.pem")
        key = os.path.join(folder, "key.pem")
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
           "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
           "-out", self.ca)
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w") as f:
            f.write(f"""
user {"root" if os.getuid() == 0 else "nobody"}; worker_processes 1; daemon off; pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; sendfile on; client_max_body_size 0; client_body_temp_path {folder}/tmp;
  http2_max_concurrent_streams 128; http2_max_requests 100000000;
  server {{ listen 127.0.0.1:{self.clear}; listen 127.0.0.1:{self.tls} ssl http2; root {www};
    ssl_certificate {self.ca}; ssl_certificate_key {key}; location /put/ {{ dav_methods PUT; }} }} }}""")
        self.process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", config],
                                        stderr=open(os.path.join(folder, "stderr"), "w"))
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.tls)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("nginx did not start: " + open(os.path.join(folder, "error.log")).read())

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Run:
    def __init__(self, name, rounds):
        os.makedirs(os.path.join(here, "Results"), exist_ok=True)
        self.rounds = rounds
        self.raw = open(os.path.join(here, "Results", name + ".txt"), "w")
        self.note("date " + datetime.date.today().isoformat() + ", " + machine())

    def note(self, line):
        self.raw.write(line + "\n")
        self.raw.flush()

    def one(self, command, env):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = sh("taskset", "-c", "1", *command, env={**os.environ, **env}).strip()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.note("$ " + " ".join(os.path.basename(c) if c.startswith("/") else c for c in command) + "\n" + out)
        figures = {k: float(v) for k, v in re.findall(r"(\S+?)=([-+0-9.e]+)(?:\s|$)", out)}
        # h2load and wrk do not tell their CPU: it is that of the whole process.
        done = re.search(r"(\d+) succeeded|(\d+) requests in", out)
        if done:
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            figures["cpu_us/req"] = cpu * 1e6 / int(done.group(1) or done.group(2))
            self.note(f"cpu_us/req={figures['cpu_us/req']:.2f}")
        return figures

    def compare(self, contestants, env, value="cpu_us/req"):
        """Medians of `value` for each of the named commands, run in turn."""
        figures = {name: [] for name in contestants}
        for round in range(self.rounds):
            names = list(contestants)
            for name in names if round % 2 == 0 else reversed(names):
                figures[name].append(self.one(contestants[name], env)[value])
        return {name: (statistics.median(v), min(v), max(v)) for name, v in figures.items()}


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    swift = sh("swift", "--version").splitlines()[0]
    curl = re.search(r"libcurl/\S+", sh("curl", "--version")).group(0)
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, {swift}, {curl}"


def show(figure):
    return f"{figure[0]:.1f} ({figure[1]:.1f} to {figure[2]:.1f})"


def curl(run, server, bench, sticks, folder):
    stick = os.path.join(folder, "curl_socket")
    source = os.path.join(sticks, "curl_socket.c")
    have = os.path.exists(source)
    if have:
        sh("gcc", "-O2", source, "-lcurl", "-o", stick)
    env = {"CA": server.ca, "SSL_CERT_FILE": server.ca}
    cases = [("1 KiB GET, HTTP/2 over TLS, 100 streams", f"https://localhost:{server.tls}/1k", 100_000, 100, "2"),
             ("1 KiB GET, HTTP/1.1 over TLS, 64 connections", f"https://localhost:{server.tls}/1k", 50_000, 64, "1.1"),
             ("1 KiB GET, HTTP/1.1 in clear, 64 connections", f"http://localhost:{server.clear}/1k", 50_000, 64, "1.1")]
    lines = ["| case | libcurl in C | transport alone | whole Session | Session ÷ libcurl in C |", "|---|---|---|---|---|"]
    for name, url, n, concurrency, version in cases:
        load = [url, str(n), str(concurrency), version]
        contestants = {"c": [stick] + load} if have else {}
        contestants |= {"bare": [bench, "bare"] + load + ["curl"], "session": [bench, "session"] + load + ["curl"]}
        r = run.compare(contestants, env)
        ratio = f"{r['session'][0] / r['c'][0]:.2f}" if have else "no stick"
        lines.append(f"| {name} | {show(r['c']) if have else '–'} | {show(r['bare'])} | {show(r['session'])} | {ratio} |")
        print(lines[-1], flush=True)
    chain = run.compare({"chain": [bench, "chain", "200000"]}, env, "added_us")["chain"]
    rows = [("what the default chain adds to a request, µs of CPU", show(chain))]
    print(rows[-1], flush=True)
    one = run.one([bench, "download", f"https://localhost:{server.tls}/1g"], env)
    rows.append(("1 GiB download, HTTP/2, to a reader of 256 MiB/s: peak memory", f"{one['peak_kib'] / 1024:.1f} MiB"))
    one = run.one([bench, "download", f"http://localhost:{server.clear}/1g"], env)
    rows.append(("1 GiB download, HTTP/1.1, to a reader of 256 MiB/s: peak memory", f"{one['peak_kib'] / 1024:.1f} MiB"))
    for name, url in [("HTTP/2", f"https://localhost:{server.tls}/put/a"), ("HTTP/1.1", f"http://localhost:{server.clear}/put/b")]:
        one = run.one([bench, "upload", url, str(1 << 30)], env)
        rows.append((f"1 GiB upload from a stream, {name}: peak memory, CPU", f"{one['peak_kib'] / 1024:.1f} MiB, {one['cpu']:.2f} s"))
    one = run.one([bench, "queue", f"https://localhost:{server.tls}/1k", "10000"], env)
    rows.append(("10,000 requests at once: answered; peak memory", f"{one['answered']:.0f}; {one['peak_kib'] / 1024:.1f} MiB"))
    text = ["µs of client CPU a request, median (minimum to maximum) of %d rounds:" % run.rounds, "", *lines, "",
            "| what | figure |", "|---|---|", *[f"| {a} | {b} |" for a, b in rows]]
    print("\n" + "\n".join(text))
    run.note("\n".join(text))


def h2(run, server, bench, folder):
    """NativeH2Transport beside h2load and wrk, which are written in C and keep nothing of what they get."""
    env = {"CA": server.ca, "SSL_CERT_FILE": server.ca}
    tls, clear = f"https://localhost:{server.tls}/1k", f"http://localhost:{server.clear}/1k"
    port = free_port()
    nghttpd = subprocess.Popen(["taskset", "-c", "0", "nghttpd", "-d", os.path.join(folder, "www"), str(port),
                                os.path.join(folder, "key.pem"), server.ca])
    batched = f"https://localhost:{port}/1k"
    cases = [(f"1 KiB GET, HTTP/2 over TLS, 1 connection, 100 streams, {name}", url, 100_000, 100, "2",
              ["h2load", "-n", "100000", "-c", "1", "-m", "100", "-t", "1", url])
             for name, url in [("nginx", tls), ("nghttpd", batched)]] + [
             ("1 KiB GET, HTTP/1.1 over TLS, 64 connections", tls, 50_000, 64, "1.1",
              ["wrk", "-c", "64", "-t", "1", "-d", "2s", tls]),
             ("1 KiB GET, HTTP/1.1 in clear, 64 connections", clear, 50_000, 64, "1.1",
              ["wrk", "-c", "64", "-t", "1", "-d", "2s", clear])]
    time.sleep(0.5)
    lines = ["| case | h2load or wrk | transport alone | whole Session | alone ÷ C | Session ÷ C |", "|---|---|---|---|---|---|"]
    for name, url, n, concurrency, version, floor in cases:
        load = [url, str(n), str(concurrency), version, "h2"]
        r = run.compare({"floor": floor, "bare": [bench, "bare"] + load, "session": [bench, "session"] + load}, env)
        lines.append(f"| {name} | {show(r['floor'])} | {show(r['bare'])} | {show(r['session'])} | "
                     f"{r['bare'][0] / r['floor'][0]:.2f} | {r['session'][0] / r['floor'][0]:.2f} |")
        print(lines[-1], flush=True)
    nghttpd.terminate()
    nghttpd.wait()
    text = ["µs of client CPU a request, median (minimum to maximum) of %d rounds:" % run.rounds, "", *lines]
    print("\n" + "\n".join(text))
    run.note("\n".join(text))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["curl", "h2"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sticks", default=os.path.join(root, "..", "shared", "bench"))
    options = parser.parse_args()
    sh("swift", "build", "-c", "release", "--package-path", here)
    bench = os.path.join(sh("swift", "build", "-c", "release", "--package-path", here, "--show-bin-path").strip(), "TernBench")
    folder = tempfile.mkdtemp(prefix="tern-bench-")
    server = Nginx(folder)
    try:
        run = Run(options.what, options.rounds)
        if options.what == "curl":
            curl(run, server, bench, options.sticks, folder)
        else:
            h2(run, server, bench, folder)
    finally:
        server.stop()
        shutil.rmtree(folder)


main()
