import TestKit
import TestServer
import Testing

@Suite("TestServer and clients that are not ours")
struct InteropTests {
    private func run(
        _ program: String, _ arguments: [String], input files: [String: String] = [:]
    ) async throws -> String {
        try await onThread {
            let folder = try ScratchFolder("interop")
            for (name, text) in files { try folder.write(name, text) }
            let (exit, output) = try ChildProcess.run(
                program, arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1"], folder: folder)
            let text = String(decoding: output, as: UTF8.self)
            guard exit == .status(0) else { throw TestKitError("\(program) \(arguments): \(exit): \(text)") }
            return text
        }
    }

    private func server() throws -> TestServer {
        try TestServer { request in
            switch request.path {
            case "/echo": .bytes(request.body)
            case "/hints": [.receive, .inform(.init(code: 103)), .head(.ok), .body("done"), .trailers([.eTag: "t"])]
            case "/empty": .status(.noContent)
            default: .text("hello over \(request.version.rawValue)")
            }
        }
    }

    @Test(
        "curl over HTTP/1.0, HTTP/1.1 and HTTP/2, in clear text and over TLS", .requires(.curl),
        arguments: [
            ("--http1.0", false, "1.0"), ("--http1.1", false, "1.1"), ("--http2-prior-knowledge", false, "2"),
            ("--http1.1", true, "1.1"), ("--http2", true, "2"),
        ])
    func curl(option: String, isTLS: Bool, version: String) async throws {
        let server = try server()
        let trust = try TestAuthority.shared().pemFile()
        func curl(_ path: String, _ more: String...) async throws -> String {
            let url = isTLS ? server.url(path) : server.clearURL(path)
            return try await run("curl", ["-sS", "-m", "20", "--cacert", trust, option] + more + [url])
        }
        #expect(try await curl("/") == "hello over \(version)")
        let content = String(repeating: "0123456789", count: 50_000)
        #expect(
            try await run(
                "curl",
                [
                    "-sS", "-m", "20", "--cacert", trust, option, "--data-binary", "@content",
                    isTLS ? server.url("/echo") : server.clearURL("/echo"),
                ], input: ["content": content]) == content)
        #expect(try await curl("/empty", "-w", "%{http_code}") == "204")
        #expect(try await curl("/", "-I").contains("200"))
        if version != "1.0" { #expect(try await curl("/hints", "-v").contains("103")) }
        #expect(server.problems.isEmpty)
    }

    @Test("nghttp takes head, content, trailers, and a hundred streams of h2load", .requires(.nghttp))
    func nghttp() async throws {
        let server = try server()
        let text = try await run("nghttp", ["-v", "--no-verify-peer", server.url("/hints")])
        #expect(text.contains(":status: 103") && text.contains(":status: 200") && text.contains("etag: t"))
        for url in [server.url(), server.clearURL()] {
            let load = try await run("h2load", ["-n", "2000", "-c", "4", "-m", "100", url])
            #expect(load.contains("2000 succeeded, 0 failed, 0 errored"), "\(load)")
        }
        let load = try await run("h2load", ["--h1", "-n", "500", "-c", "4", server.clearURL()])
        #expect(load.contains("500 succeeded, 0 failed, 0 errored"), "\(load)")
        #expect(server.problems.isEmpty)
        #expect(server.connections.allSatisfy { $0.failure == nil })
    }

    @Test("httpx and niquests", .requires(.pythonClients), arguments: ["httpx", "niquests"])
    func python(library: String) async throws {
        let server = try server()
        let trust = try TestAuthority.shared().pemFile()
        let script = """
            import sys
            url, clear, trust = sys.argv[1:]
            content = b"x" * 300000
            def check(session, url, version):
                for _ in range(3):
                    answer = session.get(url + "/")
                    assert answer.text == "hello over " + version, answer.text
                assert session.post(url + "/echo", content=content).content == content
                assert session.get(url + "/empty").status_code == 204
            if "\(library)" == "httpx":
                import httpx, ssl
                context = ssl.create_default_context(cafile=trust)
                with httpx.Client(http2=True, verify=context) as session: check(session, url, "2")
                with httpx.Client(verify=context) as session: check(session, url, "1.1")
                with httpx.Client(http1=False, http2=True) as session: check(session, clear, "2")
                with httpx.Client() as session: check(session, clear, "1.1")
            else:
                import niquests
                class Session(niquests.Session):
                    def post(self, url, content): return super().post(url, data=content)
                for version, options in [("2", {}), ("1.1", {"disable_http2": True})]:
                    with Session(disable_http3=True, **options) as session:
                        session.verify = trust
                        check(session, url, version)
                with Session(disable_http3=True) as session: check(session, clear, "1.1")
            print("fine")
            """
        let text = try await run(
            "\(Requirement.pythonFolder)/bin/python",
            ["client.py", server.url(""), server.clearURL(""), trust], input: ["client.py": script])
        #expect(text.hasSuffix("fine\n"))
        #expect(server.problems.isEmpty)
    }
}
