import TestServer
import TransportCore

/// One answer for each exchange: heads, fields, statuses.
extension ConformanceCase {
    static let answers: [ConformanceCase] = [
        ConformanceCase("answer.head", "status, fields, version and content come as they were sent") { trial in
            let server = try trial.server { _ in .text("hello", fields: [.eTag: "\"1\""]) }
            let response = try await trial.send(trial.call(server))
            try trial.equal(response.status.code, 200, "the status")
            try trial.equal(response.fields[.eTag], "\"1\"", "a field")
            try trial.equal(response.version, trial.way.version, "the version")
            try trial.equal(
                String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self), "hello", "text")
        },
        ConformanceCase("answer.statuses", "every status comes back as it is, none is followed or tried again") {
            trial in
            let codes = [
                200, 201, 202, 204, 206, 299, 301, 302, 303, 304, 305, 307, 308, 400, 401, 404, 407, 421, 425,
                429, 500, 503, 599,
            ]
            let server = try trial.server(
                codes.map { .status(.init(code: $0), fields: [.location: "/elsewhere", .retryAfter: "0"]) })
            let call = try trial.call(server)
            for code in codes { try trial.equal(try await trial.send(call).status.code, code, "the status") }
            try trial.equal(server.recorded.exchangeCount, codes.count, "requests that the server saw")
        },
        ConformanceCase("answer.repeated-fields", "repeated fields keep their order and are never joined") { trial in
            var fields = HTTPFields()
            for value in ["a=1", "b=2; Path=/", "c=3, d"] { fields.append(HTTPField(name: .setCookie, value: value)) }
            fields.append(HTTPField(name: .warning, value: "1"))
            fields.append(HTTPField(name: .warning, value: "2"))
            let server = try trial.server { [fields] _ in .text("", fields: fields) }
            let response = try await trial.send(trial.call(server))
            try trial.equal(response.fields[values: .setCookie], ["a=1", "b=2; Path=/", "c=3, d"], "Set-Cookie")
            try trial.equal(response.fields[values: .warning], ["1", "2"], "Warning")
        },
        ConformanceCase("answer.empty-values", "a field may be empty, or have blanks inside") { trial in
            let server = try trial.server { _ in .text("", fields: [.warning: "", .eTag: "a  b"]) }
            let response = try await trial.send(trial.call(server))
            try trial.equal(response.fields[.warning], "", "an empty field")
            try trial.equal(response.fields[.eTag], "a  b", "a field with blanks")
        },
        ConformanceCase("answer.many-fields", "900 fields come, in their order") { trial in
            var fields = HTTPFields()
            for number in 0..<900 { fields.append(HTTPField(name: .warning, value: "\(number)")) }
            let server = try trial.server { [fields] _ in .text("", fields: fields) }
            let response = try await trial.send(trial.call(server))
            try trial.equal(response.fields[values: .warning], (0..<900).map(String.init), "the fields")
        },
        ConformanceCase("answer.head-limit", "a head beyond the exchange's limit is refused") { trial in
            let long = String(repeating: "x", count: 5_000)
            let server = try trial.server([.text("", fields: [.warning: long]), .text("fine")])
            var call = try trial.call(server)
            call.options.limits.head = 2_000
            try trial.expect(try await trial.failure(call), .headTooLarge, for: "a head of 5,000 bytes")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("answer.head-bytes", "a head of 300 KiB is refused by default", over: ConformanceWay.tcp) {
            trial in
            let server = try trial.server { _ in
                [
                    .receive,
                    .fault(
                        .rawHead(
                            [(":status", "200")] + (0..<60).map { ("x-\($0)", String(repeating: "y", count: 5_000)) })),
                    .end,
                ]
            }
            try trial.expect(
                try await trial.failure(trial.call(server)), .headTooLarge, .protocolViolation, for: "a head of 300 KiB"
            )
        },
        ConformanceCase(
            "answer.head-fields", "more than a thousand fields are refused by default", over: ConformanceWay.tcp
        ) { trial in
            let server = try trial.server { _ in
                [.receive, .fault(.rawHead([(":status", "200")] + (0..<1_100).map { ("x-\($0)", "y") })), .end]
            }
            try trial.expect(
                try await trial.failure(trial.call(server)), .headTooLarge, .protocolViolation, for: "1,100 fields")
        },
        ConformanceCase(
            "answer.no-content", "204, 304 and the answer to HEAD have no content, whatever their length says"
        ) { trial in
            let server = try trial.server([
                .status(.noContent), .status(.notModified, fields: [.contentLength: "5", .eTag: "e"]), .text("five!"),
                .text("next"),
            ])
            let call = try trial.call(server)
            for method in [HTTPRequest.Method.get, .get, .head] {
                let response = try await trial.send(call.with { $0.method = method })
                try trial.equal(try await response.body.collect(upTo: 100), [], "content")
            }
            try await trial.stillWorks(call, "next")
            try trial.equal(server.connections.count, 1, "connections")
        },
        ConformanceCase(
            "answer.invalid-fields", "names and values that may not be are an error, never a trap",
            over: ConformanceWay.tcp
        ) { trial in
            let heads: [(name: String, value: String)] = [
                ("bad name", "x"), ("", "x"), ("x", "a\u{0}b"), ("x", "a\rb"), ("na\u{7F}me", "x"), ("x(y", "z"),
            ]
            let server = try trial.server(
                heads.map { [.receive, .fault(.rawHead([(":status", "200"), $0])), .body("x"), .end] })
            for head in heads {
                let error = try await trial.failure(trial.call(server), "\(head)")
                try trial.expect(error, .malformedResponse, .protocolViolation, for: "\(head)")
            }
        },
        ConformanceCase(
            "answer.bad-status", "a status that is no number from 100 to 999 is refused", over: ConformanceWay.tcp
        ) { trial in
            let statuses = ["abc", "20", "2000", "-1", "0xC8"]
            let server = try trial.server(
                statuses.map { [.receive, .fault(.rawHead([(":status", $0)])), .body("x"), .end] })
            for status in statuses {
                let error = try await trial.failure(trial.call(server), status)
                try trial.expect(error, .malformedResponse, .protocolViolation, for: "a status of \(status)")
            }
        },
        ConformanceCase("answer.events", "the phases are told in order", over: ConformanceWay.allCases) { trial in
            let server = try trial.server { _ in .text("x") }
            let log = EventLog()
            _ = try await trial.text(trial.call(server).with { $0.events = log })
            let phases = log.phases
            for phase in ["queued", "ready", "request sent", "head", "done"] {
                try trial.equal(phases.count { $0 == phase }, 1, "\"\(phase)\" among \(phases)")
            }
            try trial.check(phases.first == "queued", "the first phase is \(phases)")
            try trial.check(phases.last == "done", "the last phase is \(phases)")
            guard let ready = phases.firstIndex(of: "ready"), let head = phases.firstIndex(of: "head") else { return }
            try trial.check(ready < head, "ready comes after the head: \(phases)")
        },
        ConformanceCase("answer.connection", "what is known of the connection is told") { trial in
            let server = try trial.server { _ in .text("x") }
            let response = try await trial.send(trial.call(server))
            try trial.equal(
                response.connection.remote, .ip(.loopbackV4, port: server.port), "the address that was connected to")
            try trial.equal(response.reused, false, "reused")
            try trial.equal(response.connection.tls != nil, trial.way.isTLS, "TLS facts")
        },
    ]
}
