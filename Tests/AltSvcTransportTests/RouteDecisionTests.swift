import AltSvc
import Glibc
import Testing
import TransportCore

@testable import AltSvcTransport

/// Every state of an origin, under every policy, through every proxy, on every network: which way a request takes.
@Suite("Which way a request takes")
struct RouteDecisionTests {
    private enum OriginState: String, CaseIterable {
        case nothing, known, expired, otherHost, privateHost, working, brokenOnce, brokenOften, backOffOver, excluded
        case standing, silent
    }
    private enum Policy: String, CaseIterable { case automatic, noHTTP3, onlyHTTP3, onlyHTTP1, assumed, needsMore }
    private enum Way: String, CaseIterable { case direct, httpProxy, socks5, unixSocket, resolve, connectTo, clearText }
    private enum Net: String, CaseIterable { case same, other, otherPersisting, otherAndBack }

    private static let now: Int64 = 10_000

    private func line(_ state: OriginState, _ policy: Policy, _ way: Way, _ net: Net) -> String {
        let origin = Origin(scheme: way == .clearText ? .http : .https, host: "a.example", port: 443)
        var table = AltSvcTable()
        table.networkChanged(to: "home")
        var service = AltService(host: "a.example", port: 443)
        var knows = true
        var expires = Self.now + 1_000
        switch state {
        case .nothing, .excluded: knows = false
        case .expired: expires = Self.now
        case .otherHost: service.host = "b.example"
        case .privateHost: service = AltService(host: "c.example", port: 8_443)
        default: break
        }
        if knows {
            table.store(
                [
                    Alternative(
                        service, expires: expires, persists: net == .otherPersisting,
                        mayBePrivate: state == .privateHost)
                ], of: origin, at: 0)
        }
        switch state {
        case .brokenOnce: _ = table.markBroken(service, of: origin, at: Self.now - 60)
        case .brokenOften: for _ in 0..<4 { _ = table.markBroken(service, of: origin, at: Self.now) }
        case .backOffOver: _ = table.markBroken(service, of: origin, at: Self.now - 300)
        case .excluded: table.exclude(origin)
        default: break
        }
        switch net {
        case .same: break
        case .other, .otherPersisting: table.networkChanged(to: "work")
        case .otherAndBack:
            table.networkChanged(to: "work")
            table.networkChanged(to: "home")
        }

        var connect = ConnectOptions()
        var proxy: ProxyOptions?
        switch policy {
        case .noHTTP3: connect.protocols = [.http1, .http2]
        case .onlyHTTP3: connect.protocols = .http3
        case .onlyHTTP1: connect.protocols = .http1
        default: break
        }
        switch way {
        case .httpProxy: proxy = ProxyOptions(.http, host: "proxy.example", port: 3_128)
        case .socks5: proxy = ProxyOptions(.socks5h, host: "proxy.example", port: 1_080)
        case .unixSocket: connect.unixSocket = "/run/x"
        case .resolve:
            connect.overrides = [
                AddressOverride(
                    host: "a.example", port: 443, target: .addresses([IPAddress("192.0.2.7")].compactMap(\.self)))
            ]
        case .connectTo:
            connect.overrides = [AddressOverride(host: "a.example", port: 443, target: .host("x.example", port: 1))]
        case .direct, .clearText: break
        }
        var decision = RouteDecision(
            route: Route(to: origin, proxy: proxy, connect: connect),
            known: table.alternatives(of: origin, at: Self.now), isExcluded: table.isExcluded(origin),
            assumed: policy == .assumed ? KnownAlternative(RouteDecision.own(origin)) : nil, now: Self.now)
        if policy == .needsMore { decision.lacking = .rateCaps }
        // Connections do not outlive their network.
        if net == .same, state == .standing { decision.standing = .alive }
        if net == .same, state == .silent { decision.standing = .silent(.milliseconds(700)) }
        return "\(state.rawValue) | \(policy.rawValue) | \(way.rawValue) | \(net.rawValue) | \(text(decision.way))"
    }

    private func text(_ way: RouteDecision.Way) -> String {
        func place(_ candidate: RouteDecision.Candidate) -> String {
            let connect = candidate.route.connect
            let rules = connect.rules.deniesPrivate ? ", not at a private address" : ""
            return switch connect.overrides.first?.target {
            case .host(let host, let port): "\(host ?? "-"):\(port ?? 0)\(rules)"
            case .addresses(let addresses): "\(addresses)\(rules)"
            case nil: "its own place\(rules)"
            }
        }
        return switch way {
        case .steady(let why, let until): "TCP. \(why)\(until.map { " Until \($0)." } ?? "")"
        case .fast: "HTTP/3, on the connection that stands."
        case .race(let candidates): "A race with HTTP/3 at \(candidates.map(place).joined(separator: "; "))."
        case .probe(let candidates):
            "TCP, and HTTP/3 in the background at \(candidates.map(place).joined(separator: "; "))."
        case .pinned(let candidate): "HTTP/3 or nothing at \(candidate.map(place) ?? "its own place")."
        }
    }

    @Test("every pair of state and circumstances is as the golden table says")
    func table() throws {
        var lines: [String] = []
        for state in OriginState.allCases {
            for policy in Policy.allCases {
                for way in Way.allCases {
                    for net in Net.allCases { lines.append(line(state, policy, way, net)) }
                }
            }
        }
        let header = "state of the origin | policy | way | network | what is done"
        let actual = header + "\n" + lines.joined(separator: "\n") + "\n"
        let path = #filePath.replacing("RouteDecisionTests.swift", with: "RouteDecisions.golden.txt")
        if unsafe getenv("TERN_GOLDEN") != nil { try write(actual, to: path) }
        let golden = try read(path)
        let wrong = zip(golden.split(separator: "\n"), actual.split(separator: "\n")).first { $0 != $1 }
        #expect(golden == actual, "golden: \(wrong?.0 ?? "") | actual: \(wrong?.1 ?? "")")
    }

    private func read(_ path: String) throws -> String {
        var bytes: [UInt8] = []
        let descriptor = unsafe open(path, O_RDONLY)
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = unsafe Glibc.read(descriptor, &chunk, chunk.count), count > 0 {
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(_ text: String, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    }
}
