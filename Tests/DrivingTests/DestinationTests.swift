import Driving
import Testing
import TransportCore

@Suite("Where the connections of a route lead to")
struct DestinationTests {
    private func destination(
        _ change: (inout ConnectOptions) -> Void = { _ in }, proxy: ProxyOptions? = nil
    ) throws -> Destination {
        var connect = ConnectOptions()
        change(&connect)
        let origin = try HTTPURL("https://a.test:8443/").origin
        return Destination(Route(to: origin, proxy: proxy, connect: connect))
    }

    @Test("without wishes it is the origin's host and port")
    func plain() throws {
        let destination = try destination()
        guard case .host("a.test", 8443) = destination.place else {
            Issue.record("\(destination.place)")
            return
        }
        #expect(destination.target == ("a.test", 8443))
        #expect(!destination.resolvesTarget)
    }

    @Test("an override changes host, port or addresses, and its name is in lower case")
    func overrides() throws {
        let other = try destination {
            $0.overrides = [AddressOverride(host: "a.test", port: 8443, target: .host("B.Test", port: nil))]
        }
        #expect(other.target == ("b.test", 8443))
        let address = try #require(IPAddress("192.0.2.1"))
        let fixed = try destination {
            $0.overrides = [AddressOverride(host: nil, port: nil, target: .addresses([address]))]
        }
        guard case .addresses([address], 8443) = fixed.place else {
            Issue.record("\(fixed.place)")
            return
        }
        #expect(fixed.target == ("192.0.2.1", 8443))
    }

    @Test(
        "a proxy is the first hop, and SOCKS 4 and 5 want the target resolved here",
        arguments: ProxyOptions.Kind.allCases)
    func proxies(_ kind: ProxyOptions.Kind) throws {
        let destination = try destination(proxy: ProxyOptions(kind, host: "proxy.test", port: 3128))
        guard case .host("proxy.test", 3128) = destination.place else {
            Issue.record("\(destination.place)")
            return
        }
        #expect(destination.target == ("a.test", 8443))
        #expect(destination.resolvesTarget == (kind == .socks4 || kind == .socks5))
    }

    @Test("a Unix socket comes before everything else")
    func unixSocket() throws {
        let destination = try destination(
            { $0.unixSocket = "/run/a.sock" }, proxy: ProxyOptions(.http, host: "proxy.test", port: 3128))
        guard case .unix("/run/a.sock") = destination.place else {
            Issue.record("\(destination.place)")
            return
        }
    }

    @Test("addresses of another family and those that the rules refuse are told apart")
    func allowed() throws {
        let four = try #require(IPAddress("192.0.2.1"))
        let six = try #require(IPAddress("2001:db8::1"))
        var connect = ConnectOptions()
        connect.family = .ipv6
        #expect(try Destination.allowed([four, six], of: "a.test", connect).get() == [six])
        #expect(Destination.allowed([four], of: "a.test", connect).failure?.code == .hostNotFound)
        connect.rules.denied = [try #require(AddressBlock("2001:db8::/32"))]
        #expect(Destination.allowed([four, six], of: "a.test", connect).failure?.code == .addressRefused)
    }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
