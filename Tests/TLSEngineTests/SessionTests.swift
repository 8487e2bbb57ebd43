import TLSEngine
import TestAuthority
import Testing
import Wire

@Suite("TLS resumption, content and ends")
struct SessionTests {
    let authority: Authority
    let leaf: Authority.Leaf

    init() throws {
        authority = try Authority()
        leaf = try authority.issue()
    }

    @Test(
        "sessions are resumed by route and context, each once with TLS 1.3",
        arguments: [TLSProtocolVersion.tls12, .tls13])
    func resumption(version: TLSProtocolVersion) throws {
        let store = TLSSessionStore()
        let context = try client(trusting: authority) { $0.maximumVersion = version }
        let there = try server(leaf)
        for round in 0..<5 {
            let pair = try pair(context, there, store: store)
            pair.run()
            #expect(pair.clientHandshake?.resumed == (round > 0))
            #expect(pair.clientHandshake?.certificates == [leaf.der], "a resumed session knows its peer")
        }
        let elsewhere = try pair(context, there, host: "a.wild.test", store: store)
        elsewhere.run()
        #expect(elsewhere.clientHandshake?.resumed == false, "another route begins anew")
        let stranger = try client(trusting: authority) {
            $0.maximumVersion = version
            $0.verifiesPeer = false
        }
        let lax = try pair(stranger, there, store: store)
        lax.run()
        #expect(lax.clientHandshake?.resumed == false, "another context begins anew")
    }

    @Test("the store is bounded, and can be left out")
    func storeBounds() throws {
        let store = TLSSessionStore(capacity: 2)
        let context = try client(trusting: authority)
        let there = try server(leaf)
        for host in ["a.wild.test", "b.wild.test", "c.wild.test"] {
            try pair(context, there, host: host, store: store).run()
        }
        #expect(store.count <= 8 && store.count >= 2)
        let oldest = try pair(context, there, host: "a.wild.test", store: store)
        oldest.run()
        #expect(oldest.clientHandshake?.resumed == false)
        let off = try client(trusting: authority) { $0.resumesSessions = false }
        let own = TLSSessionStore()
        for _ in 0..<2 {
            let pair = try pair(off, there, store: own)
            pair.run()
            #expect(pair.clientHandshake?.resumed == false)
        }
        #expect(own.count == 0)
    }

    @Test("pins hold on resumed sessions")
    func pinsOnResumption() throws {
        let store = TLSSessionStore()
        let pinned = try client(trusting: authority) { $0.pins = [.publicKey(sha256: leaf.publicKeyPin)] }
        let there = try server(leaf)
        for round in 0..<2 {
            let pair = try pair(pinned, there, store: store)
            pair.run()
            #expect(pair.clientHandshake?.resumed == (round == 1))
        }
    }

    @Test("what is written before the handshake's end goes out after it, small pieces in one record")
    func batching() throws {
        let pair = try pair(
            client(trusting: authority) { $0.resumesSessions = false }, server(leaf) { $0.resumesSessions = false })
        pair.client.write([1].span)
        pair.client.write([2].span)
        pair.run()
        #expect(pair.serverGot == [1, 2])
        for byte in 0..<100 { pair.client.write([UInt8(byte)].span) }
        var output: [UInt8] = []
        pair.client.nextOutput(into: &output)
        #expect(output.count == 5 + 100 + 1 + 16, "one record: header, content, its type, the tag")
    }

    @Test("large content arrives whole, in full records")
    func large() throws {
        let pair = try pair(client(trusting: authority), server(leaf))
        pair.run()
        var bytes = [UInt8](repeating: 0, count: 300_000)
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        pair.client.write(bytes.span)
        pair.server.write(bytes.span)
        var output: [UInt8] = []
        pair.client.nextOutput(into: &output)
        #expect(output.count == bytes.count + 19 * 22, "300,000 bytes are 19 records of at most 16 KiB")
        pair.server.receive(output.span) { pair.serverGot.append($0) }
        pair.run(piece: 5_000)
        #expect(pair.serverGot == bytes)
        #expect(pair.clientGot == bytes)
    }

    @Test("close_notify and a cut are told apart", arguments: [true, false])
    func ends(clean: Bool) throws {
        let pair = try pair(client(trusting: authority), server(leaf))
        pair.run()
        pair.server.write([5].span)
        if clean { pair.server.close() }
        pair.run()
        pair.client.receiveEnd()
        pair.run()
        #expect(pair.clientGot == [5])
        #expect(pair.clientEvents.last == .closed(clean: clean))
        #expect(pair.clientEvents.filter { if case .closed = $0 { true } else { false } }.count == 1)
        pair.server.write([6].span)
        #expect(pair.client.error == nil)
    }

    @Test("after the peer's close_notify we may still send")
    func halfClose() throws {
        let pair = try pair(client(trusting: authority), server(leaf))
        pair.run()
        pair.client.close()
        pair.run()
        #expect(pair.serverEvents.last == .closed(clean: true))
        pair.server.write([9].span)
        pair.run()
        #expect(pair.clientGot == [9])
    }

    @Test("an end during the handshake is an error of its own, wherever it comes")
    func cutHandshake() throws {
        let whole = try pair(client(trusting: authority), server(leaf))
        whole.run()
        let context = try client(trusting: authority)
        for cut in stride(from: 0, to: 200, by: 13) {
            let connection = try TLSConnection(context, host: "tern.test")
            var hello: [UInt8] = []
            connection.nextOutput(into: &hello)
            let there = try TLSConnection(server(leaf), host: nil)
            there.receive(hello.span) { _ in }
            var answer: [UInt8] = []
            there.nextOutput(into: &answer)
            connection.receive(answer.span.extracting(0..<cut)) { _ in }
            connection.receiveEnd()
            #expect(connection.error?.code == .closedInHandshake)
        }
    }

    @Test("what is not TLS is told apart", arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH\r\n"])
    func notTLS(text: String) throws {
        let connection = try TLSConnection(client(trusting: authority), host: "tern.test")
        connection.receive(Array(text.utf8).span) { _ in }
        #expect(connection.error?.code == .notTLS)
    }

    @Test("a changed bit anywhere in a record after the handshake ends the connection and gives no content")
    func tampering() throws {
        for bit in stride(from: 0, to: 27 * 8, by: 5) {
            let pair = try pair(client(trusting: authority), server(leaf))
            pair.run()
            pair.server.write([1, 2, 3, 4, 5].span)
            var record: [UInt8] = []
            pair.server.nextOutput(into: &record)
            record[bit / 8] ^= 1 << UInt8(bit % 8)
            pair.client.receive(record.span) { pair.clientGot.append($0) }
            #expect(pair.clientGot.isEmpty)
            pair.client.receiveEnd()
            let ends =
                pair.client.error != nil
                || {
                    pair.run(); return pair.clientEvents.last == .closed(clean: false)
                }()
            #expect(ends, "bit \(bit)")
        }
    }

    @Test("random bytes never trap", arguments: [UInt64(1), 2, 3, 4])
    func noise(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let context = try client(trusting: authority)
        let answering = try server(leaf)
        for round in 0..<100 {
            let pair = try pair(context, answering)
            if round % 2 == 0 { pair.run() }
            for _ in 0..<10 {
                var bytes = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                if bytes.count > 5, round % 3 == 0 {
                    bytes.replaceSubrange(0..<5, with: [22 + UInt8(round % 4), 3, 3, 0, UInt8(bytes.count - 5)])
                }
                pair.client.receive(bytes.span) { pair.clientGot.append($0) }
                pair.server.receive(bytes.span) { pair.serverGot.append($0) }
                pair.client.write(bytes.span)
                pair.client.nextOutput(into: &bytes)
            }
            #expect(pair.clientGot.isEmpty && pair.serverGot.isEmpty)
        }
    }
}

/// A small generator with a seed, so that a failure can be seen again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
