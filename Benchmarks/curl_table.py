"""CurlTransport beside libcurl in C."""
import os
from harness import sh, show


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
    one = run.one([bench, "download", f"https://localhost:{server.tls}/1g", "curl"], env)
    rows.append(("1 GiB download, HTTP/2, to a reader of 256 MiB/s: peak memory", f"{one['peak_kib'] / 1024:.1f} MiB"))
    one = run.one([bench, "download", f"http://localhost:{server.clear}/1g", "curl"], env)
    rows.append(("1 GiB download, HTTP/1.1, to a reader of 256 MiB/s: peak memory", f"{one['peak_kib'] / 1024:.1f} MiB"))
    for name, url in [("HTTP/2", f"https://localhost:{server.tls}/put/a"), ("HTTP/1.1", f"http://localhost:{server.clear}/put/b")]:
        one = run.one([bench, "upload", url, str(1 << 30), "curl"], env)
        rows.append((f"1 GiB upload from a stream, {name}: peak memory, CPU", f"{one['peak_kib'] / 1024:.1f} MiB, {one['cpu']:.2f} s"))
    one = run.one([bench, "queue", f"https://localhost:{server.tls}/1k", "10000", "curl"], env)
    rows.append(("10,000 requests at once: answered; peak memory", f"{one['answered']:.0f}; {one['peak_kib'] / 1024:.1f} MiB"))
    text = ["µs of client CPU a request, median (minimum to maximum) of %d rounds:" % run.rounds, "", *lines, "",
            "| what | figure |", "|---|---|", *[f"| {a} | {b} |" for a, b in rows]]
    print("\n" + "\n".join(text))
    run.note("\n".join(text))
