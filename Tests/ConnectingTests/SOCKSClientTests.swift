import Connecting
import Names
import Testing
import Wire

private let address = IPAddress(bytes: [192, 0, 2, 1])

extension SOCKSClient {
    fileprivate mutating func output() -> [UInt8] {
        var bytes: [UInt8] = []
        nextOutput(into: &bytes)
        return bytes
    }
    fileprivate mutating func receive(_ bytes: [UInt8]) -> Int { receive(bytes.span) }
    fileprivate var failure: SOCKSError.Code? {
        if case .failure(let error) = outcome { error.code } else { nil }
    }
    fileprivate var isDone: Bool { if case .success = outcome { true } else { false } }
}

@Suite("SOCKS")
struct SOCKSClientTests {
    @Test("SOCKS 5 without authentication connects to a name; bytes behind the answer are the tunnel's")
    func connectsByName() throws {
        var client = try SOCKSClient(SOCKSTarget(version: .v5, host: .name("a.test"), port: 443))
        #expect(client.output() == [5, 1, 0])
        #expect(client.receive([5, 0]) == 2)
        #expect(client.output() == [5, 1, 0, 3, 6] + Array("a.test".utf8) + [1, 187])
        #expect(client.receive([5, 0, 0, 1, 127, 0, 0, 1, 0, 80, 22, 3]) == 10)
        #expect(client.isDone)
    }

    @Test("SOCKS 5 sends user and password when the proxy asks, and the answer may come byte by byte")
    func authenticates() throws {
        let credentials = Credentials(user: "u", password: "pw")
        let host = SOCKSTarget.Host.address(try #require(address))
        var client = try SOCKSClient(SOCKSTarget(version: .v5, host: host, port: 80, credentials: credentials))
        #expect(client.output() == [5, 2, 0, 2])
        for byte: UInt8 in [5, 2] { #expect(client.receive([byte]) == 1) }
        #expect(client.output() == [1, 1, 117, 2, 112, 119])
        for byte: UInt8 in [1, 0] { #expect(client.receive([byte]) == 1) }
        #expect(client.output() == [5, 1, 0, 1, 192, 0, 2, 1, 0, 80])
        for byte: UInt8 in [5, 0, 0, 3, 2, 104, 105, 0] { #expect(client.receive([byte]) == 1) }
        #expect(!client.isDone)
        #expect(client.receive([1]) == 1)
        #expect(client.isDone)
    }

    @Test("SOCKS 4 takes an address, SOCKS 4a a name")
    func version4() throws {
        var client = try SOCKSClient(
            SOCKSTarget(version: .v4, host: .address(try #require(address)), port: 80))
        #expect(client.output() == [4, 1, 0, 80, 192, 0, 2, 1, 0])
        #expect(client.receive([0, 90, 0, 0, 0, 0, 0, 0, 9]) == 8)
        #expect(client.isDone)
        var named = try SOCKSClient(
            SOCKSTarget(
                version: .v4a, host: .name("a.test"), port: 80, credentials: Credentials(user: "me", password: "")))
        #expect(named.output() == [4, 1, 0, 80, 0, 0, 0, 1] + Array("me".utf8) + [0] + Array("a.test".utf8) + [0])
        #expect(named.receive([0, 91, 0, 0, 0, 0, 0, 0]) == 8)
        #expect(named.failure == .refused)
    }

    @Test(
        "a refusal ends the handshake with the right error",
        arguments: [
            ([5, 255], SOCKSError.Code.notAuthorized), ([5, 2], .notAuthorized), ([4, 0], .malformed),
            ([5, 9], .malformed), ([5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0], .refused),
            ([5, 0, 5, 0, 0, 7, 0, 0, 0, 0, 0, 0], .malformed), ([72, 84], .malformed),
        ] as [([UInt8], SOCKSError.Code)])
    func refusals(answer: [UInt8], code: SOCKSError.Code) throws {
        var client = try SOCKSClient(SOCKSTarget(version: .v5, host: .name("a.test"), port: 80))
        _ = client.receive(answer)
        #expect(client.failure == code)
    }

    @Test("an end before the answer is an error")
    func closed() throws {
        var client = try SOCKSClient(SOCKSTarget(version: .v5, host: .name("a.test"), port: 80))
        client.receiveEnd()
        #expect(client.failure == .closed)
    }

    @Test("what does not fit into the protocol is refused before anything is sent")
    func badTargets() throws {
        let v6 = SOCKSTarget.Host.address(try #require(IPAddress("::1")))
        let long = String(repeating: "a", count: 256)
        for target in [
            SOCKSTarget(version: .v4, host: v6, port: 80), SOCKSTarget(version: .v4, host: .name("a"), port: 80),
            SOCKSTarget(version: .v5, host: .name(long), port: 80),
            SOCKSTarget(version: .v5, host: .name(""), port: 80),
            SOCKSTarget(
                version: .v5, host: .name("a"), port: 80, credentials: Credentials(user: long, password: "x")),
        ] {
            #expect(throws: SOCKSError.self) { try SOCKSClient(target) }
        }
    }
}
