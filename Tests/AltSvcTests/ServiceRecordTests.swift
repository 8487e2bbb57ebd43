import AltSvc
import Names
import Testing

/// Bytes of hexadecimal digits.
private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).compactMap { index in
        let start = digits.index(digits.startIndex, offsetBy: index)
        return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
    }
}

private func name(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
}

private func number(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

private func parameter(_ key: Int, _ value: [UInt8]) -> [UInt8] { number(key) + number(value.count) + value }

private func alpn(_ names: String...) -> [UInt8] {
    parameter(1, names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) })
}

private func record(_ priority: Int, _ target: String = "", _ parameters: [UInt8]...) -> [UInt8] {
    number(priority) + name(target) + parameters.flatMap(\.self)
}

/// A message that answers a question for HTTPS records at `question`.
func message(_ question: String, _ answers: [(name: String, type: Int, data: [UInt8])], life: Int = 300) -> [UInt8] {
    var bytes = number(0x1234) + number(0x8180) + number(1) + number(answers.count) + number(0) + number(0)
    bytes += name(question) + number(65) + number(1)
    for answer in answers {
        // A pointer to the question's name where it is the same.
        bytes += answer.name == question ? number(0xC00C) : name(answer.name)
        bytes += number(answer.type) + number(1) + number(0) + number(life) + number(answer.data.count) + answer.data
    }
    return bytes
}

private func meaning(_ message: [UInt8], _ place: Origin = origin("a.example")) -> ServiceAnswer.Meaning? {
    ServiceAnswer(message)?.meaning(for: place)
}

@Suite("HTTPS records")
struct ServiceRecordTests {
    @Test("the vectors of RFC 9460, appendix D")
    func vectors() throws {
        // D.1: an alias.
        let alias = try #require(ServiceRecord(bytes("0000 03666f6f 076578616d706c65 03636f6d 00")))
        #expect(alias.priority == 0 && alias.target == "foo.example.com")
        // D.2: the root as target; a port; unknown keys, also quoted ones.
        #expect(ServiceRecord(bytes("0001 00"))?.target == "")
        let port = try #require(ServiceRecord(bytes("0010 03666f6f 076578616d706c65 03636f6d 00 0003 0002 0035")))
        #expect(port.priority == 16 && port.port == 53)
        #expect(
            ServiceRecord(
                bytes("0001 03666f6f 076578616d706c65 03636f6d 00 029b 0005 68656c6c6f")) != nil)
        let hints = try #require(
            ServiceRecord(
                bytes(
                    """
                    0001 03666f6f 076578616d706c65 03636f6d 00 0006 0020
                    20010db8000000000000000000000001 20010db8000000000000000000530001
                    """)))
        #expect(hints.hints.map(\.description) == ["2001:db8::1", "2001:db8::53:1"])
        // mandatory=ipv4hint,alpn with both there.
        let mandatory = try #require(
            ServiceRecord(
                bytes(
                    """
                    0010 03666f6f 076578616d706c65 036f7267 00
                    0000 0004 0001 0004
                    0001 0009 02 6832 05 68332d3139
                    0004 0004 c0000201
                    """)))
        #expect(mandatory.alpn == ["h2", "h3-19"])
        #expect(mandatory.hints.map(\.description) == ["192.0.2.1"])
        #expect(!mandatory.needsUnknown)
    }

    @Test(
        "a record that breaks the format is none",
        arguments: [
            "", "00", "0001", "0001 03", "0001 0366", "0001 c000", "0001 00 0001", "0001 00 0001 0004 0268",
            // Keys out of order, and twice.
            "0001 00 0003 0002 0035 0001 0003 02 6832", "0001 00 0003 0002 0035 0003 0002 0035",
            // An empty ALPN list and name, a port of three bytes, half an address, no address at all.
            "0001 00 0001 0000", "0001 00 0001 0001 00", "0001 00 0003 0003 000035", "0001 00 0004 0003 c00002",
            "0001 00 0004 0000", "0001 00 0002 0001 00",
            // A mandatory key that is not there, keys out of order, and the key itself.
            "0001 00 0000 0002 0001", "0001 00 0000 0004 0003 0001 0001 0003 02 6832 0003 0002 0035",
            "0001 00 0000 0002 0000", "0001 00 0000 0000",
            // A dot in a label.
            "0001 03 612e62 00",
        ])
    func malformed(_ hex: String) { #expect(ServiceRecord(bytes(hex)) == nil) }

    @Test("the best record that speaks HTTP/3 and needs nothing unknown comes first")
    func services() {
        let answers = [
            record(3, "", alpn("h3")), record(1, "x.example", alpn("h2", "h3"), parameter(3, number(8_443))),
            record(2, "y.example", alpn("h2")),
            record(1, "z.example", parameter(0, number(5)), alpn("h3"), parameter(5, [1])),
        ].map { (name: "a.example", type: 65, data: $0) }
        #expect(
            meaning(message("a.example", answers))
                == .services([
                    AltService(host: "x.example", port: 8_443), AltService(host: "a.example", port: 443),
                ]))
        #expect(ServiceAnswer(message("a.example", answers))?.timeToLive == 300)
        #expect(meaning(message("a.example", [])) == .services([]))
    }

    @Test("aliases of both kinds lead on; an alias to nowhere means that there is nothing")
    func aliases() {
        let chain: [(name: String, type: Int, data: [UInt8])] = [
            ("a.example", 5, name("b.example")), ("b.example", 5, name("C.Example")),
            ("c.example", 65, record(1, "", alpn("h3"))), ("other.example", 65, record(1, "", alpn("h3"))),
        ]
        #expect(meaning(message("a.example", chain)) == .services([AltService(host: "c.example", port: 443)]))
        let mode: [(name: String, type: Int, data: [UInt8])] = [
            ("a.example", 65, record(1, "", alpn("h3"))), ("a.example", 65, record(0, "pool.example")),
        ]
        #expect(meaning(message("a.example", mode)) == .ask("pool.example"))
        #expect(meaning(message("a.example", [("a.example", 65, record(0))])) == .services([]))
        // Two that point at each other end.
        let circle: [(name: String, type: Int, data: [UInt8])] = [
            ("a.example", 5, name("b.example")), ("b.example", 5, name("a.example")),
        ]
        #expect(meaning(message("a.example", circle)) == .services([]))
    }

    @Test("the name that is asked for has the port in it, unless it is 443; some names are not asked for")
    func questions() {
        #expect(ServiceAnswer.question(for: origin("a.example")) == "a.example")
        let other = origin("a.example", port: 8_443)
        #expect(ServiceAnswer.question(for: other) == "_8443._https.a.example")
        let answer = message("_8443._https.a.example", [("_8443._https.a.example", 65, record(1, "", alpn("h3")))])
        #expect(meaning(answer, other) == .services([AltService(host: "a.example", port: 8_443)]))
        for host in ["127.0.0.1", "::1", "localhost", "a.localhost", "printer", "printer.local", "a.test", "x.onion"] {
            #expect(ServiceAnswer.question(for: origin(host)) == nil, "\(host)")
        }
        #expect(ServiceAnswer.question(for: origin("a.example", port: 80, .http)) == nil)
    }

    @Test("messages that are no good answer are none")
    func refused() {
        let good = message("a.example", [("a.example", 65, record(1, "", alpn("h3")))])
        #expect(ServiceAnswer(good) != nil)
        for (index, byte) in [(2, UInt8(0x01)), (3, 0x83), (5, 0), (5, 2), (22, 1)] {
            var bad = good
            bad[index] = byte
            #expect(ServiceAnswer(bad) == nil, "byte \(index)")
        }
        // Cut short: what is whole is read.
        #expect(ServiceAnswer(Array(good.dropLast()))?.records.isEmpty == true)
    }

    @Test("a name that points at itself ends, and whatever bytes come are survived")
    func hostile() {
        let good = message(
            "a.example",
            [
                ("a.example", 5, name("b.example")),
                ("b.example", 65, record(1, "t.example", alpn("h2", "h3"), parameter(3, number(1)))),
            ])
        var loop = good
        loop[12] = 0xC0
        loop[13] = 0x0C
        #expect(ServiceAnswer(loop) == nil)
        var random = Numbers(state: 11)
        for index in good.indices {
            _ = ServiceAnswer(Array(good[..<index]))
            for _ in 0..<64 {
                var changed = good
                changed[index] = UInt8(truncatingIfNeeded: random.next())
                let other = Int(random.next() % UInt64(good.count))
                changed[other] = UInt8(truncatingIfNeeded: random.next())
                if let answer = ServiceAnswer(changed) { _ = answer.meaning(for: origin("a.example")) }
            }
        }
        for _ in 0..<5_000 {
            let noise = (0..<(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = ServiceRecord(noise)
            _ = ServiceAnswer(noise)
        }
    }
}
