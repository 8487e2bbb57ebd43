import TestKit
import Testing
import TransportCore

@testable import IOLoop

@Suite("the system's resolver")
struct SystemResolverTests {
    /// A lookup that records what it is asked, and stands at a gate first if it has one.
    final class Names: Sendable {
        let asked = Shared<[String]>([])
        let gate: Gate?
        private let failing: Set<String>

        init(gate: Gate? = nil, failing: Set<String> = []) {
            self.gate = gate
            self.failing = failing
        }

        func lookup(_ host: String, _ family: AddressFamily) throws(ResolveError) -> [IPAddress] {
            asked.update { $0.append("\(host) \(family)") }
            gate?.pass()
            if failing.contains(host) { throw ResolveError(.notFound, message: "looking up \(host): no such name") }
            return ["192.0.2.1", "2001:db8::1"].compactMap { IPAddress($0) }
        }

        func resolver(_ clock: any HTTPClock = ManualClock()) -> SystemResolver {
            SystemResolver(
                clock: clock, lookup: { [self] host, family throws(ResolveError) in try lookup(host, family) })
        }
    }

    @Test("an answer has the addresses in the order of the lookup, and holds for 60 s")
    func cached() async throws {
        let clock = ManualClock()
        let names = Names()
        let resolver = names.resolver(clock)
        let first = try await resolver.resolve("a.test", family: .any)
        #expect(first.addresses.map(\.description) == ["192.0.2.1", "2001:db8::1"])
        #expect(first.timeToLive == .seconds(60))
        clock.advance(by: .milliseconds(59_999))
        let second = try await resolver.resolve("a.test", family: .any)
        #expect(second == ResolvedHost(addresses: first.addresses, timeToLive: .milliseconds(1)))
        #expect(names.asked.current == ["a.test any"])
        clock.advance(by: .milliseconds(1))
        #expect(try await resolver.resolve("a.test", family: .any) == first)
        #expect(names.asked.current == ["a.test any", "a.test any"])
    }

    @Test("each family is a question of its own")
    func families() async throws {
        let names = Names()
        let resolver = names.resolver()
        for family in [AddressFamily.any, .ipv4, .ipv6, .ipv4] {
            _ = try await resolver.resolve("a.test", family: family)
        }
        #expect(names.asked.current == ["a.test any", "a.test ipv4", "a.test ipv6"])
    }

    @Test("failures are told as they are, and not kept")
    func failures() async throws {
        let names = Names(failing: ["none.test"])
        let resolver = names.resolver()
        for _ in 0..<2 {
            await #expect(throws: ResolveError(.notFound, message: "looking up none.test: no such name")) {
                try await resolver.resolve("none.test", family: .any)
            }
        }
        #expect(names.asked.current.count == 2)
    }

    @Test("a lookup without addresses is a failure")
    func empty() async throws {
        let resolver = SystemResolver(clock: ManualClock(), lookup: { _, _ in [] })
        let message = "looking up a.test for IPv6: there is no address"
        await #expect(throws: ResolveError(.notFound, message: message)) {
            try await resolver.resolve("a.test", family: .ipv6)
        }
    }

    @Test("tasks that ask the same at once share one lookup")
    func singleFlight() async throws {
        let gate = Gate()
        let names = Names(gate: gate)
        let resolver = names.resolver()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask { try await resolver.resolve("a.test", family: .any).addresses.count }
            }
            await gate.entered()
            gate.open()
            for try await count in group { #expect(count == 2) }
        }
        #expect(names.asked.current == ["a.test any"])
    }

    @Test("a cancelled task is answered while its lookup blocks, and the others get the address")
    func cancelled() async throws {
        let gate = Gate()
        let names = Names(gate: gate)
        let resolver = names.resolver()
        let patient = Task { try await resolver.resolve("a.test", family: .any) }
        let hasty = Task { try await resolver.resolve("a.test", family: .any) }
        await gate.entered()
        hasty.cancel()
        await #expect(throws: ResolveError(.cancelled, message: "looking up a.test was cancelled")) {
            try await hasty.value
        }
        gate.open()
        #expect(try await patient.value.addresses.count == 2)
        #expect(names.asked.current == ["a.test any"])
    }

    @Test("the answer to a lookup that everybody left is kept")
    func abandoned() async throws {
        let gate = Gate()
        let names = Names(gate: gate)
        let resolver = names.resolver()
        let task = Task { try await resolver.resolve("a.test", family: .any) }
        await gate.entered()
        task.cancel()
        await #expect(throws: ResolveError.self) { try await task.value }
        async let second = resolver.resolve("a.test", family: .any)
        gate.open()
        #expect(try await second.addresses.count == 2)
        #expect(names.asked.current.count == 1)
    }

    @Test("a task that is cancelled before it asks looks nothing up")
    func cancelledBefore() async throws {
        let names = Names()
        let resolver = names.resolver()
        let task = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return try await resolver.resolve("a.test", family: .any)
        }
        await #expect(throws: ResolveError.self) { try await task.value }
        #expect(names.asked.current == [])
    }

    @Test("at most four lookups run at once; of those that wait, the cancelled ones never run")
    func bounded() async throws {
        let gate = Gate()
        let names = Names(gate: gate)
        let resolver = names.resolver()
        let slow = (0..<4).map { number in Task { try await resolver.resolve("\(number).test", family: .any) } }
        await gate.entered(4)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<10_000 {
                group.addTask { (try? await resolver.resolve("more\(number).test", family: .any)) == nil }
            }
            group.cancelAll()
            for await isCancelled in group { #expect(isCancelled) }
        }
        #expect(names.asked.current.count == 4)
        gate.open(4)
        for task in slow { #expect(try await task.value.addresses.count == 2) }
        gate.open()
        _ = try await resolver.resolve("last.test", family: .any)
        #expect(names.asked.current.count == 5)
    }

    @Test("10,000 hosts at once all get their answer")
    func many() async throws {
        let names = Names()
        let resolver = names.resolver()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<10_000 {
                group.addTask { try await resolver.resolve("\(number).test", family: .any).addresses.count }
            }
            var answers = 0
            for try await count in group { answers += count }
            #expect(answers == 20_000)
        }
        #expect(Set(names.asked.current).count == 10_000)
    }

    @Test("a full cache forgets the name that was used longest ago")
    func leastRecentlyUsed() {
        var cache = AddressCache()
        let now = Instant(nanoseconds: 0)
        func question(_ number: Int) -> AddressQuestion { AddressQuestion(host: "\(number).test", family: .any) }
        for number in 0..<AddressCache.capacity { _ = cache.insert([], for: question(number), at: now) }
        #expect(cache.find(question(0), at: now) != nil)
        _ = cache.insert([], for: question(-1), at: now)
        #expect(cache.find(question(0), at: now) != nil)
        #expect(cache.find(question(1), at: now) == nil)
        #expect(cache.find(question(2), at: now) != nil)
        #expect(cache.find(question(-1), at: now) != nil)
    }

    @Test(
        "the machine itself is found under localhost and the names below it", arguments: ["localhost", "a.localhost"])
    func localhost(host: String) async throws {
        let resolver = SystemResolver()
        for family in [AddressFamily.any, .ipv4, .ipv6] {
            let answer = try await resolver.resolve(host, family: family)
            #expect(!answer.addresses.isEmpty)
            #expect(answer.addresses.allSatisfy { $0.isLoopback })
            if family == .ipv6 { #expect(answer.addresses.allSatisfy { $0.family == .v6 }) }
            if family == .ipv4 { #expect(answer.addresses.allSatisfy { $0.family == .v4 }) }
        }
    }

    @Test("a name that cannot be one is not found, in the system's words")
    func notFound() async throws {
        let long = String(repeating: "a", count: 64) + ".invalid"
        do throws(ResolveError) {
            _ = try await SystemResolver.shared.resolve(long, family: .any)
            Issue.record("\(long) has an address")
        } catch {
            #expect(error == ResolveError(.notFound, message: "looking up \(long): Name or service not known"))
        }
        for host in ["", "a\0.test"] {
            do throws(ResolveError) {
                _ = try await SystemResolver.shared.resolve(host, family: .any)
                Issue.record("\(host.debugDescription) has an address")
            } catch {
                #expect(error.reason == .notFound)
            }
        }
    }
}
