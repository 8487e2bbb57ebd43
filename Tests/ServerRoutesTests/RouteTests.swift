import NativeH2Transport
import ServerRoutes
import TernCore
import TestKit
import TestServer
import Testing

@Suite("Routes of tern serve")
struct RouteTests {
    static let versions: [ProtocolSet] = [.http1, .http2]

    private func open(
        _ protocols: ProtocolSet = .http2, folder: StaticFolder? = nil
    ) throws -> (TestServer, Session<NativeH2Transport>) {
        let server = try Routes(folder: folder).server()
        let session = try server.session(owning: NativeH2Transport()) { $0.connect.protocols = protocols }
        return (server, session)
    }

    @Test("every route answers something, and none is a problem", arguments: versions)
    func all(protocols: ProtocolSet) async throws {
        let (server, session) = try open(protocols)
        defer { server.stop() }
        let paths = [
            "/": 200, "/anything/a?b=c": 200, "/get": 200, "/headers": 200, "/user-agent": 200, "/ip": 200,
            "/connection": 200, "/status/418": 418, "/status/x": 400, "/json": 200, "/html": 200, "/cookies": 200,
            "/redirect/3": 200, "/relative-redirect/3": 200, "/absolute-redirect/2": 200,
            "/redirect-to?url=/json": 200, "/cache": 200, "/cache/9": 200, "/etag/x": 200, "/delay/0.01": 200,
            "/drip?numbytes=3&duration=0.01": 200, "/stream/3": 200, "/stream-bytes/99": 200, "/bytes/99": 200,
            "/range/99": 200, "/sse?count=2&interval=0.01": 200, "/trailers": 200, "/early-hints": 200, "/gzip": 200,
            "/deflate": 200, "/brotli": 200, "/zstd": 200, "/basic-auth/a/b": 401, "/hidden-basic-auth/a/b": 404,
            "/bearer": 401, "/digest-auth/auth/a/b": 401, "/digest-auth": 400, "/post": 405, "/nothing": 404,
            "/response-headers?X-A=1": 200,
        ]
        for (path, status) in paths {
            #expect(try await session.get(path).status.code == status, "\(path)")
        }
        #expect(server.problems.isEmpty, "\(server.problems)")
    }

    @Test("codings are taken off by the client", arguments: ["gzip", "deflate", "brotli", "zstd"])
    func codings(name: String) async throws {
        let (server, session) = try open()
        defer { server.stop() }
        #expect(try await session.get("/\(name)").text.contains("pole to pole"))
    }

    @Test("content comes back, with its digest")
    func content() async throws {
        let (server, session) = try open(.http1)
        defer { server.stop() }
        let answer = try await session.post("/anything", .text("tern"))
        #expect(answer.text.contains("\"data\": \"tern\""))
        #expect(
            try await session.put("/upload", .text("abc")).text.contains(
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        let bytes = [UInt8](repeating: 3, count: 200_000)
        #expect(try await session.post("/echo", .bytes(bytes, type: nil)).bytes == bytes)
        #expect(try await session.get("/bytes/300000?seed=1").bytes.count == 300_000)
        #expect(try await session.get("/bytes/50?seed=1").bytes == session.get("/bytes/50?seed=1").bytes)
    }

    @Test("cookies are set and taken away")
    func cookies() async throws {
        let (server, session) = try open(.http1)
        defer { server.stop() }
        #expect(try await session.get("/cookies/set?a=1&b=2").text.contains("\"a\": \"1\""))
        #expect(try await !session.get("/cookies/delete?a").text.contains("\"a\""))
    }

    @Test("Basic, Bearer and Digest credentials let one in", arguments: versions)
    func authentication(protocols: ProtocolSet) async throws {
        let (server, session) = try open(protocols)
        defer { server.stop() }
        #expect(
            try await session.get("/basic-auth/tern/a:b") { $0.auth = BasicAuth(user: "tern", password: "a:b") }.status
                == .ok)
        #expect(try await session.get("/bearer") { $0.auth = BearerAuth(token: "token") }.status == .ok)
        for path in ["auth/tern/bird", "auth/tern/bird/SHA-256", "auth-int/tern/bird/SHA-512-256"] {
            let answer = try await session.get("/digest-auth/\(path)") {
                $0.auth = DigestAuth(user: "tern", password: "bird")
            }
            #expect(answer.status == .ok, "\(path)")
            #expect(answer.text.contains("\"user\": \"tern\""))
            let wrong = try await session.get("/digest-auth/\(path)") {
                $0.auth = DigestAuth(user: "tern", password: "fish")
            }
            #expect(wrong.status == .unauthorized, "\(path)")
        }
    }

    @Test("ranges and validators are heeded")
    func ranges() async throws {
        let (server, session) = try open(.http1)
        defer { server.stop() }
        let part = try await session.get("/range/26", headers: ["Range": "bytes=2-4"])
        #expect(part.status == .partialContent)
        #expect(part.text == "cde")
        #expect(part.headers[.contentRange] == "bytes 2-4/26")
        #expect(try await session.get("/range/26", headers: ["Range": "bytes=-2"]).text == "yz")
        #expect(try await session.get("/range/26", headers: ["Range": "bytes=26-"]).status.code == 416)
        #expect(try await session.get("/etag/x", headers: ["If-None-Match": "\"y\", \"x\""]).status == .notModified)
        #expect(try await session.get("/etag/x", headers: ["If-Match": "\"y\""]).status == .preconditionFailed)
        #expect(try await session.get("/cache", headers: ["If-None-Match": "\"tern\""]).status == .notModified)
    }

    @Test("files of a folder are served, and nothing outside of it", .requires(.curl))
    func files() async throws {
        let scratch = try ScratchFolder("serve")
        let inner = try scratch.folder("www")
        try scratch.write("secret.txt", "secret")
        try inner.write("a.txt", "hello")
        try inner.write("index.html", "<p>index</p>")
        let folder = try #require(StaticFolder(inner.path))
        let (server, session) = try open(.http1, folder: folder)
        defer { server.stop() }
        let file = try await session.get("/a.txt")
        #expect(file.text == "hello")
        #expect(file.headers[.contentType] == "text/plain; charset=utf-8")
        let tag = try #require(file.headers[.eTag])
        #expect(try await session.get("/a.txt", headers: [.ifNoneMatch: tag]).status == .notModified)
        #expect(try await session.get("/a.txt", headers: ["Range": "bytes=1-2"]).text == "el")
        #expect(try await session.get("/").text == "<p>index</p>")
        #expect(try await session.get("/missing").status == .notFound)
        #expect(try await session.post("/a.txt", .text("x")).status == .methodNotAllowed)
        for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/a.txt/../../secret.txt", "/%00"] {
            let text = try await onThread {
                let (_, output) = try ChildProcess.run(
                    "curl", ["-sS", "-m", "20", "--path-as-is", server.clearURL(path)], folder: scratch)
                return String(decoding: output, as: UTF8.self)
            }
            #expect(!text.contains("secret\n") && text != "secret", "\(path): \(text)")
        }
    }
}
