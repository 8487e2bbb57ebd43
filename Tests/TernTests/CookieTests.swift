import Tern
import TestKit
import Testing

@Suite("Session: cookies on the wire and in files that curl shares")
struct CookieTests {
    @Test(
        "a login's cookies come back, from a file of an earlier process, too", .requires(.httpbin),
        arguments: Carrier.allCases)
    func login(_ carrier: Carrier) async throws {
        struct Told: Decodable { var cookies: [String: String] }
        let httpbin = try await HTTPBinServer.shared()
        let path = try ScratchFolder("cookies").path(of: "state.json")
        let first = try carrier.session()
        _ = try await first.get(httpbin.url("/cookies/set"), params: ["bird": "tern", "sea": "north"])
        #expect(
            try await first.get(httpbin.url("/cookies")).json(as: Told.self).cookies == [
                "bird": "tern", "sea": "north",
            ])
        try await first.saveState(to: path, keepsSessionCookies: true)
        await first.close()
        let second = try carrier.session()
        #expect(try await second.loadState(from: path))
        let told = try await second.get(httpbin.url("/cookies")) { $0.callCookies = ["mine": "1"] }
        #expect(try told.json(as: Told.self).cookies == ["bird": "tern", "sea": "north", "mine": "1"])
    }

    @Test("curl reads what is saved, and what curl saves is read", .requires(.httpbin, .curl))
    func curl() async throws {
        struct Told: Decodable { var cookies: [String: String] }
        let httpbin = try await HTTPBinServer.shared()
        let folder = try ScratchFolder("cookies")
        let path = folder.path(of: "cookies.txt")
        let session = try Carrier.native.session()
        _ = try await session.get(httpbin.url("/cookies/set?bird=tern"))
        let cookies = try #require(session.cookies as? MemoryCookies)
        try await cookies.save(to: path)
        let arguments = ["-sSL", "-m", "20", "-b", path, "-c", path, httpbin.url("/cookies/set?by=curl")]
        let (exit, output) = try await onThread { try ChildProcess.run("curl", arguments, folder: folder) }
        let text = String(decoding: output, as: UTF8.self)
        #expect(exit == .status(0) && text.contains("tern") && text.contains("curl"))
        let other = MemoryCookies()
        try await other.load(from: path)
        #expect(Set(other.all.map(\.name)) == ["bird", "by"])
        // And over a file of curl's, since that is one of cookies.
        try await other.save(to: path)
    }
}
