import Tern
import TestKit
import Testing

@Suite("Session: bodies in both directions")
struct TransferTests {
    private static let size = 1_048_576

    @Test("a file is uploaded byte for byte", .requires(.nginx), arguments: Carrier.allCases)
    func upload(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let folder = try ScratchFolder("upload")
        let bytes = NginxServer.pattern(Self.size)
        let path = try folder.write("file", bytes)
        let session = try carrier.session()
        for (door, version) in NginxServer.versions {
            let name = "session-\(carrier)-\(door)"
            let answer = try await session.put(nginx.url("/upload/\(name)", door), .file(path))
            #expect(answer.status == .created && answer.version == version)
            #expect(nginx.uploaded(name) == bytes)
        }
    }

    @Test("a body whose length nobody knows arrives whole", .requires(.hypercorn), arguments: Carrier.allCases)
    func streamingUpload(_ carrier: Carrier) async throws {
        struct Count: Decodable { var length: Int, sha256: String }
        let hypercorn = try await HypercornServer.shared()
        let bytes = NginxServer.pattern(Self.size)
        let pieces = stride(from: 0, to: bytes.count, by: 10_000).map {
            Array(bytes[$0..<min($0 + 10_000, bytes.count)])
        }
        let session = try carrier.session()
        for url in [hypercorn.url("/upload"), hypercorn.clearURL("/upload")] {
            let content = Content.stream { Pieces(rest: pieces[...]) }
            let count = try await session.post(url, content).json(as: Count.self)
            #expect(count.length == Self.size)
            // What sha256sum says of the same bytes.
            #expect(count.sha256 == "631b84027d6b9e52b539c4e8373622d23032dfadc64d60af87339c9037e4f769")
        }
    }

    private struct Pieces: BodyReader {
        var rest: ArraySlice<[UInt8]>
        mutating func next() async throws -> [UInt8]? { rest.popFirst() }
    }

    @Test("a download writes the file and tells its progress", .requires(.nginx), arguments: Carrier.allCases)
    func download(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let folder = try ScratchFolder("download")
        let path = folder.path(of: "file")
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            var seen: [DownloadProgress] = []
            let answer = try await session.download(
                nginx.url("/bytes/\(Self.size)", door), to: path, progress: { seen.append($0) })
            #expect(answer.status == .ok && answer.bytes.isEmpty)
            #expect(try contents(of: path) == NginxServer.pattern(Self.size))
            #expect(seen.last?.received == Int64(Self.size) && seen.last?.fraction == 1)
            #expect(seen.allSatisfy { $0.total == Int64(Self.size) })
            #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.received < $1.received })
        }
        let missing = try await session.download(nginx.url("/status/404"), to: path)
        #expect(missing.text == "not here")
        #expect(try contents(of: path).count == Self.size)
    }

    @Test(
        "content codings are taken off, with their field", .requires(.httpbin),
        arguments: Carrier.allCases, [("gzip", "gzipped"), ("deflate", "deflated"), ("brotli", "brotli")])
    func codings(_ carrier: Carrier, _ coding: (path: String, mark: String)) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let session = try carrier.session()
        let answer = try await session.get(httpbin.url("/\(coding.path)"))
        #expect(answer.text.contains("\"\(coding.mark)\": true"))
        #expect(answer.headers[.contentEncoding] == nil && answer.headers[.contentLength] == nil)
        let coded = try await session.get(httpbin.url("/\(coding.path)")) { $0.decoding = .none }
        #expect(coded.headers[.contentEncoding] != nil && coded.bytes != answer.bytes)
    }

    @Test("a text that nginx compresses is the same as one it does not", .requires(.nginx), arguments: Carrier.allCases)
    func compressedText(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let plain = try await session.get(nginx.url("/text", door), headers: ["Accept-Encoding": "identity"])
            let decoded = try await session.get(nginx.url("/text", door))
            #expect(plain.bytes.count == 22_528 && plain.bytes == decoded.bytes)
            #expect(plain.headers[.contentLength] == "22528" && decoded.headers[.contentEncoding] == nil)
        }
    }

    @Test("lines are given as they come", .requires(.hypercorn), arguments: Carrier.allCases)
    func lines(_ carrier: Carrier) async throws {
        let hypercorn = try await HypercornServer.shared()
        let session = try carrier.session()
        for url in [hypercorn.url("/events"), hypercorn.clearURL("/events")] {
            let stream = try await session.stream(.get, url, params: ["count": 3, "ms": 1])
            let lines = try await stream.lines.reduce(into: [String]()) { $0.append($1) }
            #expect(lines.filter { !$0.isEmpty } == (0..<3).flatMap { ["id: \($0)", "data: event \($0)"] })
        }
    }

    @Test("a line is given before the next one exists", .requires(.nginx), arguments: Carrier.allCases)
    func liveLine(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        let stream = try await session.stream(.get, nginx.url("/stall", .tls))
        var lines = stream.lines.makeAsyncIterator()
        #expect(try await lines.next(isolation: #isolation) == "one")
        stream.cancel()
    }
}
