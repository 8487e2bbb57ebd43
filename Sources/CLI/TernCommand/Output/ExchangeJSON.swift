import TernCore

/// The members by which `tern batch` and `--report json` tell about an exchange: the format of Docs/Command.md.
extension JSONWriter {
    mutating func members(of response: ResponseFacts) {
        name("status")
        integer(response.status.code)
        name("reason")
        string(response.status.reasonPhrase)
        name("httpVersion")
        string(response.connection.version.rawValue)
        name("url")
        string(response.url.absoluteString)
        name("headers")
        fields(response.fields)
        name("trailers")
        fields(response.trailers)
    }

    /// `[["name", "value"], …]`.
    mutating func fields(_ fields: HTTPFields) {
        array { list in
            for field in fields {
                list.array { pair in
                    pair.string(field.name.rawName)
                    pair.string(field.value)
                }
            }
        }
    }

    mutating func informational(_ heads: some Sequence<Recorder.Head>) {
        name("informational")
        array { list in
            for head in heads where head.status.kind == .informational {
                list.object { object in
                    object.name("status")
                    object.integer(head.status.code)
                    object.name("headers")
                    object.fields(head.fields)
                }
            }
        }
    }

    /// Text as it is, other bytes in base64.
    mutating func body(_ bytes: [UInt8]) {
        let span = bytes.span
        if let text = try? UTF8Span(validating: span) {
            name("body")
            string(text)
        } else {
            name("bodyBase64")
            string(Base64Text.encode(bytes))
        }
    }

    mutating func history(_ hops: [Hop], attempts: Int) {
        name("history")
        array { list in
            for hop in hops {
                list.object { object in
                    object.name("status")
                    object.integer(hop.status.code)
                    object.name("url")
                    object.string(hop.url.absoluteString)
                }
            }
        }
        name("attempts")
        integer(attempts)
    }

    mutating func connection(_ connection: ConnectionInfo, reused: Bool) {
        name("connection")
        object { object in
            object.name("remote")
            object.string(connection.remote?.description)
            object.name("local")
            object.string(connection.local?.description)
            object.name("reused")
            object.bool(reused)
            object.name("alpn")
            object.string(connection.tls?.alpn)
            object.name("tlsVersion")
            object.string(connection.tls?.version?.rawValue)
            object.name("cipher")
            object.string(connection.tls?.cipher)
            object.name("group")
            object.string(connection.tls?.group)
            if let proxy = connection.proxy {
                object.name("proxy")
                object.string("\(proxy)")
            }
        }
    }

    mutating func route(_ text: String?) {
        name("route")
        string(text)
    }

    mutating func timeline(_ record: Recorder.Record, total: Duration) {
        let phases = Phases(record.lastExchange)
        name("timeline")
        object { object in
            object.time("queue", phases.queue)
            object.time("resolve", phases.resolve)
            object.time("connect", phases.connect)
            object.time("tls", phases.tls)
            object.time("send", phases.send)
            object.time("head", phases.head)
            object.time("body", phases.body)
            object.time("total", total)
        }
    }

    private mutating func time(_ name: String, _ time: Duration) {
        self.name(name)
        milliseconds(time)
    }

    mutating func error(_ failure: FailureFacts) {
        name("error")
        object { object in
            object.name("code")
            object.string(failure.code)
            object.name("phase")
            object.string(failure.phase)
            object.name("retrySafety")
            object.string(failure.retrySafety.rawValue)
            object.name("message")
            object.string(failure.message)
            object.name("exit")
            object.integer(failure.exit)
        }
    }
}

/// What a response is, read at once or streamed.
struct ResponseFacts {
    var status: HTTPResponse.Status
    var url: HTTPURL
    var fields: HTTPFields
    var trailers: HTTPFields
    var connection: ConnectionInfo
}

extension ResponseFacts {
    init(_ response: Response) {
        self.init(
            status: response.status, url: response.url, fields: response.headers, trailers: response.trailers,
            connection: response.connection)
    }

    init(_ response: StreamingResponse) {
        self.init(
            status: response.status, url: response.url, fields: response.headers, trailers: response.trailers,
            connection: response.connection)
    }
}
