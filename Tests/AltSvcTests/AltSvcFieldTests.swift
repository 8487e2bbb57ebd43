import AltSvc
import Testing

private func entries(_ value: String) -> [AltSvcField.Entry] { AltSvcField(value).entries }

private func entry(
    _ alpn: String, _ host: String?, _ port: Int, ma: Int64 = 86_400, persists: Bool = false
) -> AltSvcField.Entry {
    AltSvcField.Entry(alpn: alpn, host: host, port: port, maxAge: ma, persists: persists)
}

@Suite("The Alt-Svc field")
struct AltSvcFieldTests {
    @Test(
        "the examples of RFC 7838 and what other clients read",
        arguments: [
            (#"h2=":8000""#, [entry("h2", nil, 8000)]),
            (#"h2="new.example.org:80""#, [entry("h2", "new.example.org", 80)]),
            (#"w%3Dx%3Ay%23z="new.example.org:80""#, [entry("w=x:y#z", "new.example.org", 80)]),
            (#"x%25y="new.example.org:80""#, [entry("x%y", "new.example.org", 80)]),
            (
                #"h2="alt.example.com:8000", h2=":443""#,
                [entry("h2", "alt.example.com", 8000), entry("h2", nil, 443)]
            ),
            (#"h2=":443"; ma=3600"#, [entry("h2", nil, 443, ma: 3600)]),
            (#"h2=":443"; ma=2592000; persist=1"#, [entry("h2", nil, 443, ma: 2_592_000, persists: true)]),
            (#"h3=":443"; persist=0"#, [entry("h3", nil, 443)]),
            (#"h3=":443"; persist=2"#, [entry("h3", nil, 443)]),
            (#"h3=":443"; MA=60"#, [entry("h3", nil, 443, ma: 60)]),
            (#"h3=":443"; ma="60""#, [entry("h3", nil, 443, ma: 60)]),
            (#"h3=":443";ma=60;ma=70"#, [entry("h3", nil, 443, ma: 60)]),
            (#"h3=":443"; v="46,43", h3-29=":8443""#, [entry("h3", nil, 443), entry("h3-29", nil, 8443)]),
            (#"h3=":443"; unknown="a;b, \"c\"" ; ma=9"#, [entry("h3", nil, 443, ma: 9)]),
            (#"h3=":443"; flag; ma=9;"#, [entry("h3", nil, 443, ma: 9)]),
            (",, h3=\":443\" ,\t, h2=\":1\" ,", [entry("h3", nil, 443), entry("h2", nil, 1)]),
            (#"h3="[::1]:443""#, [entry("h3", "::1", 443)]),
            (#"h3="[2001:DB8:0::1]:65535""#, [entry("h3", "2001:db8::1", 65_535)]),
            (#"h3="192.0.2.1:443""#, [entry("h3", "192.0.2.1", 443)]),
            (#"h3="ALT.Example.COM:443""#, [entry("h3", "alt.example.com", 443)]),
            (#"h3="\:443""#, [entry("h3", nil, 443)]),
        ])
    func reads(_ value: String, _ expected: [AltSvcField.Entry]) {
        let field = AltSvcField(value)
        #expect(field.entries == expected)
        #expect(field.faults.isEmpty)
        #expect(!field.clears)
    }

    @Test(
        "clear forgets all, also beside others, and only in lower case",
        arguments: [
            ("clear", true), (" clear\t", true), (#"clear, h3=":443""#, true), (#"h3=":443", clear"#, true),
            ("Clear", false), ("cleared", false), ("clear=1", false), ("clear;ma=1", false),
        ])
    func clear(_ value: String, _ clears: Bool) {
        let field = AltSvcField(value)
        #expect(field.clears == clears)
        #expect(field.entries.isEmpty)
    }

    @Test("an age beyond 64 bits, and one beyond a year, count as a year")
    func ages() {
        #expect(entries(#"h3=":443"; ma=99999999999999999999999999"#) == [entry("h3", nil, 443, ma: 31_536_000)])
        #expect(entries(#"h3=":443"; ma=31536001"#) == [entry("h3", nil, 443, ma: 31_536_000)])
        #expect(entries(#"h3=":443"; ma=0"#) == [entry("h3", nil, 443, ma: 0)])
    }

    @Test(
        "an entry that breaks the grammar is left out with a reason, and its neighbours stay",
        arguments: [
            #"h3=:443"#, #"h3"#, #"h3="#, #"=":443""#, #"h3="443""#, #"h3=":""#, #"h3=":0""#, #"h3=":65536""#,
            #"h3=":-1""#, #"h3=":+443""#, #"h3=":44 3""#, #"h3=":443000""#, #"h3="user@a.example:443""#,
            #"h3="a.example/x:443""#, #"h3="a b:443""#, #"h3="[::1:443""#, #"h3="::1:443""#, #"h3="[v1.a]:443""#,
            #"h3="[fe80::1%25eth0]:443""#, #"h3="1.2.3:443""#, #"h3=":443"; ma=-1"#, #"h3=":443"; ma=1.5"#,
            #"h3=":443"; ma="#, #"h3=":443" x"#, #"h%3=":443""#, #"@=":443""#, #"h3=":443"; a b"#,
        ])
    func leavesOut(_ broken: String) {
        let field = AltSvcField("h2=\":1\", \(broken), h2=\":2\"; ma=5")
        #expect(field.entries == [entry("h2", nil, 1), entry("h2", nil, 2, ma: 5)], "\(broken)")
        #expect(field.faults.count == 1, "\(field.faults)")
    }

    @Test("a quote that is not closed takes what follows along")
    func openQuote() {
        let field = AltSvcField(#"h2=":1", h3=":443, h2=":2""#)
        #expect(field.entries.first == entry("h2", nil, 1))
        #expect(field.faults.count >= 1)
        #expect(AltSvcField(#"h3=":443"#).entries.isEmpty)
        #expect(AltSvcField("h3=\":443\\").entries.isEmpty)
    }

    @Test("a field of 100 KB is not read, and of a thousand entries the first 64 are")
    func huge() {
        let long = AltSvcField("h3=\":443\"; x=\"" + String(repeating: "y", count: 100_000) + "\"")
        #expect(long.entries.isEmpty)
        #expect(long.faults == ["the field has 100015 bytes, more than 16384"])
        let many = AltSvcField((1...1000).map { "h3=\":\($0)\"" }.joined(separator: ","))
        #expect(many.entries.map(\.port) == Array(1...64))
        #expect(many.faults == ["it has more than 64 entries"])
    }

    @Test("whatever bytes come, the field is read to its end")
    func randomBytes() {
        var random = Numbers(state: 7)
        let pieces = [
            "h3", "=", "\"", ":", "443", ";", ",", " ", "ma", "persist=1", "clear", "\\", "%", "%3D", "[::1]", "a.b",
            "é",
            "\u{0}", "\t", "99999999999999999999",
        ]
        for _ in 0..<20_000 {
            var value = ""
            for _ in 0..<(random.next() % 24) { value += pieces[Int(random.next() % UInt64(pieces.count))] }
            let field = AltSvcField(value)
            for entry in field.entries { #expect(1...65_535 ~= entry.port && entry.maxAge >= 0) }
        }
    }

    @Test("whatever single byte is changed, the field is read to its end")
    func mutations() {
        let value = Array(#"h3="alt.example.com:443"; ma=60; persist=1, h2=":8443""#.utf8)
        for index in value.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = value
                changed[index] = byte
                _ = AltSvcField(String(decoding: changed, as: UTF8.self))
            }
        }
    }
}

/// A generator of the same numbers each time (SplitMix64).
struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
