public import TestServer

/// What `tern serve` answers: routes like those of httpbin, and the files of a folder. For demonstrations and for
/// tests of clients; it is a reply for each request, and keeps nothing but the count of visits to
/// `/busy`.
///
///     let server = try Routes().server()
public struct Routes: Sendable {
    /// The folder whose files are served where no route has the path; `nil` for none.
    public var folder: StaticFolder?

    /// Routes, and the files of `folder`.
    public init(folder: StaticFolder? = nil) { self.folder = folder }

    /// Starts a server of these routes.
    public func server(
        _ configuration: TestServer.Configuration = TestServer.Configuration(),
        onProblem: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(TestServerError) -> TestServer {
        var configuration = configuration
        configuration.asksAtHead = true
        return try TestServer(configuration, onProblem: onProblem) { reply(to: $0) }
    }

    /// The reply to a request whose head is in.
    public func reply(to request: TestServer.RecordedExchange) -> TestServer.Reply {
        let visit = Visit(request)
        let table = Routes.table
        guard let name = visit.parts.first else { return folder?.reply(to: visit) ?? Routes.list }
        if let route = table[name] {
            guard visit.allows(route.methods) else {
                let allowed = (route.methods ?? []).map(\.rawValue).joined(separator: ", ")
                return .text("\(name) takes \(allowed)\n", .methodNotAllowed, fields: [.allow: allowed])
            }
            return route.reply(visit)
        }
        return folder?.reply(to: visit) ?? .text("there is no /\(name) here; / lists what there is\n", .notFound)
    }

    /// One route.
    struct Route: Sendable {
        /// How it is called, and what it does.
        var usage: String
        /// The methods that it takes; `nil` for all.
        var methods: [HTTPRequest.Method]?
        var reply: @Sendable (Visit) -> TestServer.Reply

        init(
            _ usage: String, _ methods: [HTTPRequest.Method]? = nil,
            _ reply: @escaping @Sendable (Visit) -> TestServer.Reply
        ) {
            self.usage = usage
            self.methods = methods
            self.reply = reply
        }

        /// The first part of the path.
        var name: String {
            String(usage.drop { $0 != "/" }.dropFirst().prefix { !"/:? ".contains($0) })
        }
    }

    static let all: [Route] = looking + moving + timing + coding + asking
    private static let table = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    private static let list: TestServer.Reply = .text(
        "What there is:\n" + all.map { "  \($0.usage)\n" }.joined())
}

/// A request, and what its route looks at.
struct Visit: Sendable {
    let request: TestServer.RecordedExchange
    /// The parts of the path, decoded.
    let parts: [String]
    /// The items of the query, decoded.
    let query: [(name: String, value: String)]

    init(_ request: TestServer.RecordedExchange) {
        self.request = request
        // In absolute form, the path follows the authority (RFC 9112 §3.2.2).
        let target = (try? HTTPURL(request.target).target) ?? request.target
        let path = target.prefix { $0 != "?" }
        parts = path.split(separator: "/").map { PercentEncoding.decode(String($0)) ?? String($0) }
        query =
            target.firstIndex(of: "?").map { mark in
                FormEncoding.decode(String(target[target.index(after: mark)...])).map { (name: $0.0, value: $0.1) }
            } ?? []
    }

    func allows(_ methods: [HTTPRequest.Method]?) -> Bool {
        guard let methods else { return true }
        return methods.contains(request.method) || request.method == .head && methods.contains(.get)
    }

    subscript(name: String) -> String? { query.first { $0.name == name }?.value }

    /// The part behind the route's name, as a number within bounds.
    func number(_ index: Int = 1, in bounds: ClosedRange<Int>, else standard: Int) -> Int {
        guard parts.count > index, let number = Int(parts[index]) else { return standard }
        return min(max(number, bounds.lowerBound), bounds.upperBound)
    }

    /// An item of the query as seconds, at most ten minutes.
    func seconds(_ text: String?, else standard: Double) -> Duration {
        let value = text.flatMap(Double.init) ?? standard
        return .seconds(value.isFinite ? min(max(value, 0), 600) : 0)
    }

    /// Scheme, authority and `path`.
    func url(_ path: String) -> String { "\(request.scheme)://\(request.authority ?? "localhost")\(path)" }
}
