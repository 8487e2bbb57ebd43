import TestKit
import Testing

@Suite("the scripted server", .requires(.curl))
struct RawServerTests {
    private static let hello = RawServer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    @Test("runs its steps and keeps what came")
    func steps() async throws {
        let server = try RawServer(.readHead, .readBody(4), Self.hello, .readToEnd)
        #expect(try await curl("-d", "body", server.url("/path")) == "hello")
        try await server.waitForEnd()
        #expect(server.connectionCount == 1)
        #expect(server.receivedText().hasPrefix("POST /path HTTP/1.1\r\n"))
        #expect(server.receivedText().hasSuffix("\r\n\r\nbody"))
        #expect(server.problems.isEmpty)
    }

    @Test("has a script for each connection, and the last one for the rest")
    func connections() async throws {
        let server = try RawServer(connections: [
            [.readHead, .send("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")],
            [.loop([.readHead, Self.hello])],
        ])
        #expect(try await curl("-w", "%{http_code}", server.url("/")) == "500")
        #expect(try await curl(server.url("/"), server.url("/again")) == "hellohello")
        #expect(try await curl(server.url("/")) == "hello")
        #expect(server.connectionCount == 3)
    }

    @Test("cuts a body short, resets, and sends slowly")
    func endings() async throws {
        let short = try RawServer(.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"), .close)
        let cut = await #expect(throws: TestKitError.self) { try await curl(short.url("/")) }
        #expect(cut?.description.contains("4 bytes remaining") == true)

        let reset = try RawServer(.readHead, .reset)
        let error = await #expect(throws: TestKitError.self) { try await curl(reset.url("/")) }
        #expect(error?.description.contains("reset") == true)

        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow".utf8)
        let slow = try RawServer(.readHead, .sendSlowly(answer, piece: 1), .close)
        #expect(try await curl(slow.url("/")) == "slow")
    }

    @Test("waits for the test and tells the test how far it is")
    func signals() async throws {
        let (asked, goOn) = (try Signal(), try Signal())
        let server = try RawServer(.readHead, .fire(asked), .wait(until: goOn), Self.hello)
        async let answer = curl(server.url("/"))
        try await asked.wait()
        #expect(!goOn.hasFired)
        goOn.fire()
        #expect(try await answer == "hello")
    }

    @Test("says which step a client left undone")
    func problems() async throws {
        let server = try RawServer(.readHead, .readBody(10), Self.hello)
        _ = try? await curl("-m", "0.2", "-d", "four", server.url("/"))
        try await server.waitForEnd()
        #expect(
            server.problems == [
                "connection 0: wanted 10 bytes of a body, but the client closed; left over were 4 bytes"
            ])
    }

    @Test("refuses connections once it is stopped, and ends those that are open")
    func stopping() async throws {
        let asked = try Signal()
        let server = try RawServer(.readHead, .fire(asked), .readToEnd)
        let answer = Task { try await curl(server.url("/")) }
        try await asked.wait()
        server.stop()
        await #expect(throws: TestKitError.self) { try await answer.value }
        await #expect(throws: TestKitError.self) { try await curl(server.url("/")) }
        try await server.waitForEnd()
    }
}
