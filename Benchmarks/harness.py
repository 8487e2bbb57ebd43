"""What the tables share: the server, runs in turn with the order alternated, and the figures of a process."""
import datetime, os, platform, re, resource, socket, statistics, subprocess, sys, time

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
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        out = sh("taskset", "-c", "1", *command, env={**os.environ, **env}).strip()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.note("$ " + " ".join(os.path.basename(c) if c.startswith("/") else c for c in command) + "\n" + out)
        figures = {k: float(v) for k, v in re.findall(r"(\S+?)=([-+0-9.e]+)(?:\s|$)", out)}
        # h2load and wrk do not tell their CPU: it is that of the whole process.
        done = re.search(r"(\d+) succeeded|(\d+) requests in", out)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        figures |= {"process_cpu": cpu, "process_wall": time.monotonic() - start}
        if done:
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
