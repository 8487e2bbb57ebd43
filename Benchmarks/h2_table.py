"""NativeH2Transport beside clients in C, which keep nothing of what they get, and beside those of other languages."""
import os, re, shutil, subprocess, sys, time
from harness import free_port, here, sh, show
from peers import go, swift_peers

SIZE = 256 << 20


class Nghttpd:
    """nghttpd on core 0, which puts many answers into one record: it shows what a client itself costs."""

    def __init__(self, folder, ca):
        self.port = free_port()
        self.process = subprocess.Popen(["taskset", "-c", "0", "nghttpd", "-d", os.path.join(folder, "www"), str(self.port),
                                         os.path.join(folder, "key.pem"), ca])
        time.sleep(0.5)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def requests(run, server, nghttpd, bench, peer, other, env):
    tls, clear = f"https://localhost:{server.tls}/1k", f"http://localhost:{server.clear}/1k"
    batched = f"https://localhost:{nghttpd.port}/1k"
    cases = [(f"1 KiB GET, HTTP/2 over TLS, 1 connection, 100 streams, {name}", url, 100_000, 100, "2",
              ["h2load", "-n", "100000", "-c", "1", "-m", "100", "-t", "1", url])
             for name, url in [("nginx", tls), ("nghttpd", batched)]] + [
             ("1 KiB GET, HTTP/1.1 over TLS, 64 connections", tls, 50_000, 64, "1.1",
              ["wrk", "-c", "64", "-t", "1", "-d", "2s", tls]),
             ("1 KiB GET, HTTP/1.1 in clear, 64 connections", clear, 50_000, 64, "1.1",
              ["wrk", "-c", "64", "-t", "1", "-d", "2s", clear])]
    yield "| case | h2load or wrk | transport alone | whole Session | Go | async-http-client | alone ÷ C | Session ÷ C | Go ÷ Session | async-http-client ÷ Session |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, url, n, concurrency, version, floor in cases:
        load = [url, str(n), str(concurrency)]
        contestants = {"floor": floor, "bare": [bench, "bare", *load, version, "h2"],
                       "session": [bench, "session", *load, version, "h2"]}
        if peer:
            contestants["go"] = [peer, "load" if version == "2" else "load1", *load]
        if other:
            few = [url, str(n // 4), str(concurrency)]
            contestants["ahc"] = [other, "ahc" if version == "2" else "ahc1", *few]
        r = run.compare(contestants, {**env, "GOMAXPROCS": "1"})
        over = lambda a, b: f"{r[a][0] / r[b][0]:.2f}" if a in r and b in r else "–"
        cell = lambda a: show(r[a]) if a in r else "–"
        yield (f"| {name} | {cell('floor')} | {cell('bare')} | {cell('session')} | {cell('go')} | {cell('ahc')} | "
               f"{over('bare', 'floor')} | {over('session', 'floor')} | {over('go', 'session')} | {over('ahc', 'session')} |")


def latency(run, server, bench, peer, env):
    """One request after another."""
    url = f"https://localhost:{server.tls}/1k"
    contestants = {"tern": [bench, "latency", url, "5000"]}
    if peer:
        contestants["go"] = [peer, "latency", url, "5000"]
    yield "| one after another, HTTP/2 over TLS, µs | Tern | Go | Tern ÷ Go |"
    yield "|---|---|---|---|"
    for value in ["p50_us", "p99_us"]:
        r = run.compare(contestants, {**env, "GOMAXPROCS": "1"}, value)
        ratio = f"{r['tern'][0] / r['go'][0]:.2f}" if "go" in r else "–"
        yield f"| {value[:3]} | {show(r['tern'])} | {show(r['go']) if 'go' in r else '–'} | {ratio} |"


def transfers(run, server, bench, peer, other, env, folder):
    """256 MiB on one stream, both ways; CPU seconds a GiB."""
    down = f"https://localhost:{server.tls}/256m"
    up = f"https://localhost:{server.tls}/put/h2"
    source = os.path.join(folder, "256m")
    contestants = {"h2load": ["h2load", "-n", "1", "-c", "1", "-m", "1", "-t", "1", "-w", "24", "-W", "24", down],
                   "curl": ["curl", "-s", "--http2", "--cacert", server.ca, "-o", "/dev/null", down],
                   "tern": [bench, "fetch", down, "h2"]}
    if peer:
        contestants["Go"] = [peer, "download", down]
    if other:
        contestants["async-http-client"] = [other, "ahc", down, "1", "1"]
    r = run.compare(contestants, env, "process_cpu")
    yield "| 256 MiB down, HTTP/2 over TLS | " + " | ".join(contestants) + " | Tern ÷ h2load | Tern ÷ curl |"
    yield "|---|" + "---|" * (len(contestants) + 2)
    gib = {name: tuple(v * (1 << 30) / SIZE for v in figure) for name, figure in r.items()}
    yield ("| CPU seconds a GiB | " + " | ".join(f"{v[0]:.2f} ({v[1]:.2f} to {v[2]:.2f})" for v in gib.values())
           + f" | {r['tern'][0] / r['h2load'][0]:.2f} | {r['tern'][0] / r['curl'][0]:.2f} |")
    contestants = {"curl": ["curl", "-s", "--http2", "--cacert", server.ca, "-o", "/dev/null", "-T", source, up],
                   "tern": [bench, "upload", up, str(SIZE), "h2"]}
    r = run.compare(contestants, env, "process_cpu")
    yield ""
    yield "| 256 MiB up from a stream, HTTP/2 over TLS | curl | Tern | Tern ÷ curl |"
    yield "|---|---|---|---|"
    gib = {name: tuple(v * (1 << 30) / SIZE for v in figure) for name, figure in r.items()}
    yield ("| CPU seconds a GiB | " + " | ".join(f"{v[0]:.2f} ({v[1]:.2f} to {v[2]:.2f})" for v in gib.values())
           + f" | {r['tern'][0] / r['curl'][0]:.2f} |")


def far(run, server, bench, env):
    """256 MiB over a relay with 20 ms round trip, beside fixed windows of 16 MiB."""
    relay = subprocess.Popen(["taskset", "-c", "0", sys.executable, os.path.join(here, "relay.py"), str(server.tls), "20"],
                             stdout=subprocess.PIPE, text=True)
    url = f"https://localhost:{relay.stdout.readline().strip()}/256m"
    try:
        r = run.compare({"fixed": ["h2load", "-n", "1", "-c", "1", "-m", "1", "-t", "1", "-w", "24", "-W", "24", url],
                         "tern": [bench, "fetch", url, "h2"]}, env, "process_wall")
    finally:
        relay.terminate()
        relay.wait()
    rate = {name: SIZE / (1 << 20) / figure[0] for name, figure in r.items()}
    yield "| 256 MiB over 20 ms round trip | h2load, windows of 16 MiB | Tern | share |"
    yield "|---|---|---|---|"
    yield f"| MiB/s | {rate['fixed']:.0f} | {rate['tern']:.0f} | {rate['tern'] / rate['fixed'] * 100:.0f} % |"


def memory(run, server, nghttpd, bench, peer, env, folder):
    big = f"https://localhost:{server.tls}/256m"
    small = f"https://localhost:{server.tls}/1k"
    yield "| what | figure |"
    yield "|---|---|"
    one = run.one([bench, "fetch", big, "h2"], env)
    yield f"| 256 MiB down, HTTP/2: the process grows by | {(one['peak_kib'] - one['before_kib']) / 1024:.1f} MiB |"
    one = run.one([bench, "stall", big, "100"], env)
    yield f"| 100 stalled readers: the process grows by (100 windows: 25 MiB) | {(one['peak_kib'] - one['before_kib']) / 1024:.1f} MiB |"
    contestants = {"tern": [bench, "connect", small, "1000"]}
    if peer:
        contestants["go"] = [peer, "connect", small, "1000"]
    r = run.compare(contestants, {**env, "GOMAXPROCS": "1"})
    ratio = f"; Go {show(r['go'])}; Tern ÷ Go {r['tern'][0] / r['go'][0]:.2f}" if "go" in r else ""
    yield f"| 1,000 new TLS connections with resumption, µs of CPU each | {show(r['tern'])}{ratio} |"
    for mode in ["bare", "session"]:
        one = run.one([bench, "flood", small, "10000", mode], env)
        each = (one["peak_kib"] - one["before_kib"]) / 10_000
        yield f"| 10,000 in flight, {mode}: answered; memory each | {one['answered']:.0f}; {each:.1f} KiB, 1 KiB of it the body |"
    counter = os.path.join(folder, "mallocs.so")
    sh("gcc", "-O2", "-shared", "-fPIC", os.path.join(here, "mallocs.c"), "-o", counter, "-ldl")
    for mode in ["bare", "session"]:
        counts = []
        for n in [5_000, 25_000]:
            done = subprocess.run(["taskset", "-c", "1", bench, mode, f"https://localhost:{nghttpd.port}/1k", str(n), "100", "2", "h2"],
                                  check=True, text=True, capture_output=True, env={**os.environ, **env, "LD_PRELOAD": counter})
            counts.append(int(re.search(r"mallocs=(\d+)", done.stderr).group(1)))
        yield f"| allocations a request, {mode} | {(counts[1] - counts[0]) / 20_000:.1f} |"


def h2(run, server, bench, sticks, folder):
    env = {"CA": server.ca, "SSL_CERT_FILE": server.ca}
    with open(os.path.join(folder, "www", "256m"), "wb") as f:
        f.truncate(SIZE)
    with open(os.path.join(folder, "256m"), "wb") as f:
        f.truncate(SIZE)
    peer, other = go(folder), swift_peers(sticks)
    nghttpd = Nghttpd(folder, server.ca)
    text = []
    try:
        for table in [requests(run, server, nghttpd, bench, peer, other, env), latency(run, server, bench, peer, env),
                      transfers(run, server, bench, peer, other, env, folder), far(run, server, bench, env),
                      memory(run, server, nghttpd, bench, peer, env, folder)]:
            for line in table:
                print(line, flush=True)
                text.append(line)
            print(flush=True)
            text.append("")
    finally:
        nghttpd.stop()
    run.note("\n".join(text))
