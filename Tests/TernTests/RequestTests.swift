import Tern
import TestKit
import Testing

/// What hypercorn's /echo says of a request.
struct Echo: Decodable {
    var method: String
    var query: String
    var body: String
    var headers: [[String]]
}

/// What httpbin says of a request.
struct Posted: Decodable {
    var json: Bird?
    var form: [String: String]
    var files: [String: String]
}

struct Bird: Codable, Equatable {
    var name: String
    var wingspan: Int
}

@Suite("Session: requests reach real servers")
struct RequestTests {
    @Test(
        "GET over each version of HTTP, the second on the connection of the first", .requires(.nginx),
        arguments: Carrier.allCases)
    func getAndReuse(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, version) in NginxServer.versions {
            let page = try await session.get(nginx.url("/1k", door))
            #expect(page.status == .ok && page.version == version && !page.reusedConnection)
            #expect(page.bytes == NginxServer.pattern(1024))
            let first = try await session.get(nginx.url("/connection", door))
            let second = try await session.get(nginx.url("/connection", door))
            #expect(first.reusedConnection && second.reusedConnection)
            #expect(first.text.split(separator: " ").first == second.text.split(separator: " ").first)
        }
    }

    @Test("one who wants HTTP/1.1 gets it from a server that has both", .requires(.nginx), arguments: Carrier.allCases)
    func oldVersion(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session { $0.connect.protocols = .http1 }
        let answer = try await session.get(nginx.url("/protocol", .tls))
        #expect(answer.version == .http11 && answer.text == "HTTP/1.1")
    }

    @Test("a value goes out as JSON and comes back", .requires(.httpbin), arguments: Carrier.allCases)
    func json(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let bird = Bird(name: "Küstenseeschwalbe \u{1F426}", wingspan: 80)
        let session = try carrier.session()
        let answer = try await session.post(httpbin.url("/post"), .json(bird)).checkStatus()
        #expect(try answer.json(as: Posted.self).json == bird)
    }

    @Test("a value goes out as JSON over HTTP/2", .requires(.hypercorn), arguments: Carrier.allCases)
    func jsonOverHTTP2(_ carrier: Carrier) async throws {
        let hypercorn = try await HypercornServer.shared()
        let session = try carrier.session()
        let answer = try await session.post(hypercorn.url("/echo"), .json(["wingspan": 80]), params: ["page": 2])
        let echo = try answer.json(as: Echo.self)
        #expect(answer.version == .http2 && echo.method == "POST" && echo.query == "page=2")
        #expect(echo.body == #"{"wingspan":80}"#)
        #expect(echo.headers.contains(["content-type", "application/json"]))
    }

    @Test("the fields of a form arrive", .requires(.httpbin), arguments: Carrier.allCases)
    func form(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let session = try carrier.session()
        let fields: QueryItems = ["name": "arctic tern & co", "age": 3, "note": "a=b+c\r\nd"]
        let posted = try await session.post(httpbin.url("/post"), .form(fields)).json(as: Posted.self)
        #expect(posted.form == ["name": "arctic tern & co", "age": "3", "note": "a=b+c\r\nd"])
    }

    @Test("the fields and files of a multipart form arrive", .requires(.httpbin), arguments: Carrier.allCases)
    func multipart(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let folder = try ScratchFolder("multipart")
        let path = try folder.write("photo.txt", "one\r\ntwo\n--three--")
        let session = try carrier.session()
        let form: Multipart = [
            .text("title", "a tern"), .file("photo", path: path, type: "text/plain"),
            .bytes("note", Array("four".utf8), filename: "note.txt", type: "text/plain"),
        ]
        let posted = try await session.post(httpbin.url("/post"), .multipart(form)).json(as: Posted.self)
        #expect(posted.form == ["title": "a tern"])
        #expect(posted.files == ["photo": "one\r\ntwo\n--three--", "note": "four"])
    }

    @Test("every method reaches the server, with its content", .requires(.hypercorn), arguments: Carrier.allCases)
    func methods(_ carrier: Carrier) async throws {
        let hypercorn = try await HypercornServer.shared()
        let session = try carrier.session()
        for url in [hypercorn.url("/echo"), hypercorn.clearURL("/echo")] {
            func check(_ answer: Response, _ method: String, _ body: String) throws {
                let echo = try answer.json(as: Echo.self)
                #expect(echo.method == method && echo.body == body)
            }
            try check(await session.options(url), "OPTIONS", "")
            try check(await session.query(url, .text("select")), "QUERY", "select")
            try check(await session.patch(url, .text("change")), "PATCH", "change")
            try check(await session.put(url, .text("")), "PUT", "")
            try check(await session.delete(url), "DELETE", "")
            try check(await session.delete(url, .text("why")), "DELETE", "why")
        }
    }

    @Test("HEAD tells the length and has no content", .requires(.nginx), arguments: Carrier.allCases)
    func head(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let head = try await session.head(nginx.url("/1k", door))
            #expect(head.status == .ok && head.headers[.contentLength] == "1024" && head.bytes.isEmpty)
            #expect(try await session.get(nginx.url("/method", door)).text == "GET")
        }
    }

    @Test("200 requests at once are all answered", .requires(.nginx), arguments: Carrier.allCases)
    func concurrent(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let expected = NginxServer.pattern(1024)
        let session = try carrier.session()
        for door in [NginxServer.Door.tls, .clear] {
            let url = nginx.url("/1k", door)
            let good = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<200 { group.addTask { try await session.get(url).bytes == expected } }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(good == 200)
        }
    }
}
