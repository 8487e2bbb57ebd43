package import Testing
package import TransportCore

/// What tests of transports send: a request over a route made for it. Whole responses by default.
package struct Sending: Sendable {
    package var method = HTTPRequest.Method.get
    package var url: String
    package var fields: HTTPFields = [:]
    package var body = RequestBody.empty
    package var trailers: HTTPFields = [:]
    package var tls = TLSOptions()
    package var proxy: ProxyOptions?
    package var connect = ConnectOptions()
    package var delivery = Delivery.whole(upTo: 1 << 26)
    package var deadline: Instant?
    package var options = ExchangeOptions()

    package init(_ url: String, _ method: HTTPRequest.Method = .get, body: RequestBody = .empty) {
        self.url = url
        self.method = method
        self.body = body
    }

    /// Over these protocols alone.
    package func over(_ protocols: ProtocolSet) -> Sending { with { $0.connect.protocols = protocols } }

    /// Over HTTP/1.1 alone.
    package var overHTTP1: Sending { over(.http1) }

    /// Trusting the throwaway authority.
    package func trusting(_ ca: ThrowawayCA) -> Sending { with { $0.tls.trust = .file(ca.certificate) } }

    /// With the body live.
    package var prompt: Sending { with { $0.delivery = .prompt } }

    package func with(_ change: (inout Sending) -> Void) -> Sending {
        var copy = self
        change(&copy)
        return copy
    }

    package func exchange(onEvent: (@Sendable (borrowing ExchangeEvent) -> Void)? = nil) throws -> Exchange {
        let url = try HTTPURL(url)
        let request = Request(method: method, url: url, fields: fields, body: body, trailers: trailers)
        return Exchange(
            request, over: Route(to: url.origin, tls: tls, proxy: proxy, connect: connect), delivery: delivery,
            deadline: deadline, options: options, onEvent: onEvent)
    }
}

extension Transport {
    package func send(_ sending: Sending) async throws -> TransportResponse { try await send(sending.exchange()) }

    /// The error that `sending` ends in, before or after the head. A response is an issue.
    package func failure(of sending: Sending, sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> TransportError
    {
        do {
            let response = try await send(sending.exchange())
            _ = try await response.body.collect(upTo: .max)
            Issue.record("answered \(response.status)", sourceLocation: sourceLocation)
            throw CancellationError()
        } catch let error as TransportError {
            return error
        }
    }
}

extension TransportResponse {
    /// The rest of the body, as text.
    package func text() async throws -> String {
        String(decoding: try await body.collect(upTo: .max), as: UTF8.self)
    }
}

extension RawServer.Step {
    /// A response of HTTP/1.1 with a body and its length; `fields` are further lines, each with its line end.
    package static func ok(_ body: String, _ fields: String = "") -> RawServer.Step {
        .send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }
}
