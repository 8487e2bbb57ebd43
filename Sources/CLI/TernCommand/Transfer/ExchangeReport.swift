import TernCore

/// What `--report json` writes in place of the body: the members of a batch's answer (Docs/Command.md), the size of
/// the body, and where it went.
struct ExchangeReport {
    var url: String
    var outcome: Transfer.Outcome
    var record: Recorder.Record
    var elapsed: Duration

    var json: [UInt8] {
        var json = JSONWriter(reserving: 2_048)
        json.object { object in
            let response = outcome.response
            if let response {
                object.name("method")
                object.string(response.request.method.rawValue)
                object.members(of: ResponseFacts(response))
            } else {
                object.name("url")
                object.string(URLText.withoutUser(URLText.complete(url)))
            }
            object.informational(record.heads)
            if response != nil {
                object.name("bodyBytes")
                object.integer(outcome.received)
                object.name("file")
                object.string(outcome.path)
            }
            let attempts = response?.attempts.count ?? outcome.error?.attempts.count ?? 0
            object.history(response?.history ?? outcome.error?.history ?? [], attempts: attempts)
            if let connection = response?.connection ?? record.connection {
                object.connection(connection, reused: response?.reusedConnection ?? record.reused)
            }
            object.route(RouteText.of(record))
            object.timeline(record, total: elapsed)
            if let failure = outcome.failure { object.error(failure) }
        }
        json.endLine()
        return json.bytes
    }
}
