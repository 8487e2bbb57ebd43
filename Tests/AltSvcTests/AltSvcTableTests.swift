import AltSvc
import Names
import Testing

func origin(_ host: String, port: Int = 443, _ scheme: Scheme = .https) -> Origin {
    Origin(scheme: scheme, host: host, port: port)
}

func h3(_ host: String = "a.example", _ port: Int = 443) -> AltService { AltService(host: host, port: port) }

private let a = origin("a.example")

private func alternative(
    _ service: AltService = h3(), until expires: Int64 = 1_000, persists: Bool = false
) -> Alternative {
    Alternative(service, expires: expires, persists: persists)
}

@Suite("The table of alternatives")
struct AltSvcTableTests {
    @Test("an alternative holds until its age is over")
    func expires() {
        var table = AltSvcTable()
        table.store([alternative()], of: a, at: 0)
        #expect(table.alternatives(of: a, at: 999).map(\.alternative.service) == [h3()])
        #expect(table.alternatives(of: a, at: 1_000).isEmpty)
        #expect(table.alternatives(of: origin("a.example", port: 8443), at: 0).isEmpty)
    }

    @Test("a field replaces the one before, and one without anything usable forgets")
    func replaces() {
        var table = AltSvcTable()
        table.store([alternative(h3("b.example")), alternative()], of: a, at: 0)
        table.store([alternative(h3("c.example"))], of: a, at: 1)
        #expect(table.alternatives(of: a, at: 1).map(\.alternative.service.host) == ["c.example"])
        table.store([alternative(until: 5)], of: a, at: 5)
        #expect(table.alternatives(of: a, at: 5).isEmpty)
        #expect(table.count == 0)
    }

    @Test("the origin that was used longest ago goes first")
    func evicts() {
        var table = AltSvcTable(capacity: 3)
        for name in ["a", "b", "c"] { table.store([alternative()], of: origin(name), at: 0) }
        _ = table.alternatives(of: origin("a"), at: 0)
        table.store([alternative()], of: origin("d"), at: 0)
        table.store([alternative(h3("x.example"))], of: origin("a"), at: 0)
        #expect(table.count == 3)
        #expect(table.alternatives(of: origin("b"), at: 0).isEmpty)
        for name in ["a", "c", "d"] { #expect(!table.alternatives(of: origin(name), at: 0).isEmpty) }
    }

    @Test("a broken alternative is left alone for 5 minutes, then twice as long each time, up to 48 hours")
    func backsOff() {
        var table = AltSvcTable()
        table.store([alternative(until: .max)], of: a, at: 0)
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<13 {
            pauses.append(table.markBroken(h3(), of: a, at: now))
            let known = table.alternatives(of: a, at: now)[0]
            #expect(known.isBroken(at: now + pauses[pauses.count - 1] - 1))
            now += pauses[pauses.count - 1]
            #expect(!known.isBroken(at: now))
        }
        #expect(
            pauses == [
                300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 76_800, 153_600, 172_800, 172_800, 172_800,
            ])
        table.markWorking(h3(), of: a)
        #expect(table.alternatives(of: a, at: now)[0].failures == 0)
        #expect(table.markBroken(h3(), of: a, at: now) == 300)
    }

    @Test("another network forgets what does not persist, and breaks nothing; back on the first one the marks hold")
    func networks() {
        var table = AltSvcTable()
        table.networkChanged(to: "home")
        table.store([alternative(), alternative(h3("p.example"), persists: true)], of: a, at: 0)
        _ = table.markBroken(h3("p.example"), of: a, at: 0)
        table.networkChanged(to: "home")
        #expect(table.alternatives(of: a, at: 0).count == 2)
        table.networkChanged(to: "work")
        #expect(table.alternatives(of: a, at: 0) == [KnownAlternative(alternative(h3("p.example"), persists: true))])
        table.networkChanged(to: "home")
        #expect(table.alternatives(of: a, at: 0).map(\.failures) == [1])
        _ = table.markBroken(h3("p.example"), of: a, at: 0)
        table.networkChanged(to: nil)
        #expect(table.alternatives(of: a, at: 0).map(\.failures) == [0])
        _ = table.markBroken(h3("p.example"), of: a, at: 0)
        table.networkChanged(to: nil)
        #expect(table.alternatives(of: a, at: 0).map(\.failures) == [0])
    }

    @Test("what was put in by hand comes first and stays; what is excluded is never learned")
    func byHand() {
        var table = AltSvcTable()
        table.preload(h3("hand.example"), of: a)
        table.store([alternative()], of: a, at: 0)
        #expect(table.alternatives(of: a, at: 0).map(\.alternative.service.host) == ["hand.example", "a.example"])
        table.forget(a)
        table.networkChanged(to: nil)
        #expect(table.alternatives(of: a, at: .max - 1).map(\.alternative.source) == [.hand])
        table.exclude(a)
        table.store([alternative()], of: a, at: 0)
        #expect(table.alternatives(of: a, at: 0).isEmpty)
        table.allow(a)
        table.store([alternative()], of: a, at: 0)
        #expect(table.alternatives(of: a, at: 0).count == 1)
    }

    @Test("the same field again changes no decision")
    func generations() {
        var table = AltSvcTable()
        table.store([alternative()], of: a, at: 0)
        let generation = table.generation
        table.store([alternative(until: 2_000)], of: a, at: 1)
        #expect(table.generation == generation)
        table.forget(origin("unknown.example"))
        #expect(table.generation == generation)
        table.forget(a)
        #expect(table.generation > generation)
    }

    @Test("no more than eight alternatives are kept of an origin")
    func bounded() {
        var table = AltSvcTable()
        table.store((1...20).map { alternative(h3("a.example", $0)) }, of: a, at: 0)
        #expect(table.alternatives(of: a, at: 0).map(\.alternative.service.port) == Array(1...8))
    }

    @Test("a table in which the last used stay behaves as a simple list of them does")
    func recentTable() {
        var random = Numbers(state: 3)
        var table = RecentTable<Int, Int>(capacity: 5)
        var list: [(Int, Int)] = []
        for step in 0..<20_000 {
            let key = Int(random.next() % 9)
            switch random.next() % 4 {
            case 0, 1:
                list.removeAll { $0.0 == key }
                list.insert((key, step), at: 0)
                if list.count > 5 { list.removeLast() }
                table.insert(step, for: key)
            case 2:
                let value = list.first { $0.0 == key }?.1
                if let value {
                    list.removeAll { $0.0 == key }
                    list.insert((key, value), at: 0)
                }
                #expect(table.use(key) == value)
            default:
                list.removeAll { $0.0 == key }
                table.remove(key)
            }
            #expect(table.entries.map(\.key) == list.map(\.0))
            #expect(table.entries.map(\.value) == list.map(\.1))
        }
    }
}

@Suite("Which alternatives are used")
struct AlternativeRulesTests {
    private func used(
        _ value: String, by origin: Origin = a, isPrivate: Bool? = false, verified: Bool = true, age: Int64 = 0
    ) -> (hosts: [String], refused: [String]) {
        let rules = AlternativeRules(origin, isOriginPrivate: isPrivate, isVerified: verified)
        let (alternatives, refused) = rules.alternatives(in: AltSvcField(value), age: age, at: 100)
        return (alternatives.map { "\($0.service.host):\($0.service.port)@\($0.expires)" }, refused)
    }

    @Test("only HTTP/3 is used, in the order of the field")
    func protocols() {
        let (hosts, refused) = used(#"h2=":1", h3-29=":2", h3=":3"; ma=10, quic=":4", h3="b.example:5"; ma=20"#)
        #expect(hosts == ["a.example:3@110", "b.example:5@120"])
        #expect(refused.isEmpty)
        #expect(used(#"h2=":1", h3-29=":2""#).refused == ["of h2, h3-29 none is h3"])
    }

    @Test("a response from a cache has aged already")
    func aged() {
        #expect(used(#"h3=":3"; ma=10"#, age: 4).hosts == ["a.example:3@106"])
        #expect(used(#"h3=":3"; ma=10"#, age: 10).hosts.isEmpty)
        #expect(used(#"h3=":3"; ma=0"#).hosts.isEmpty)
    }

    @Test(
        "an origin of the public network has none at a private or loopback address",
        arguments: [
            "127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[fd00::1]", "[::ffff:127.0.0.1]",
            "localhost", "x.localhost", "100.64.0.1", "0.0.0.0",
        ])
    func privateAddresses(_ host: String) {
        let field = "h3=\"\(host):443\""
        #expect(used(field).hosts.isEmpty)
        #expect(used(field).refused.count == 1)
        // Not known where it is: a name counts as public.
        #expect(used(field, isPrivate: nil).hosts.isEmpty)
        #expect(used(field, isPrivate: true).hosts.count == 1)
        #expect(used(field, by: origin("localhost"), isPrivate: nil).hosts.count == 1)
        #expect(used(field, by: origin("10.0.0.1"), isPrivate: nil).hosts.count == 1)
    }

    @Test("the origin's own host is never refused, and nothing else is believed of one that was not verified")
    func ownHost() {
        #expect(used(#"h3=":444""#, by: origin("127.0.0.1"), isPrivate: false).hosts.count == 1)
        #expect(used(#"h3=":444", h3="b.example:1""#, verified: false).hosts == ["a.example:444@86500"])
        #expect(used(#"h3="b.example:1""#, verified: false).refused.count == 1)
    }
}
