import TernCore

/// What `--timeline` shows: a line for each phase, with the time since the start, the time since the phase before,
/// and what is known besides.
enum Timelines {
    static func text(_ recorder: Recorder) -> String {
        let record = recorder.record
        var steps = record.events.map { event in
            (phase: event.phase, at: recorder.start.duration(to: event.at), detail: detail(of: event.kind))
        }
        if steps.last?.phase != "done" { steps.append(("end", recorder.elapsed, "")) }
        let width = steps.map(\.phase.count).max() ?? 0
        var last = Duration.zero
        var lines = ["     at ms      + ms  phase"]
        for step in steps {
            let line = column(step.at) + column(step.at - last) + "  " + Help.pad(step.phase, to: width)
            lines.append(step.detail.isEmpty ? trimmed(line) : "\(line)  \(step.detail)")
            last = step.at
        }
        if let route = RouteText.of(record) { lines.append("route: \(route)") }
        return lines.joined(separator: "\n")
    }

    static func detail(of kind: ExchangeEvent.Kind) -> String {
        switch kind {
        case .queued, .connected, .tlsDone, .requestSent: ""
        case .resolved(let addresses): addresses.map(\.description).joined(separator: ", ")
        case .ready(let connection, let reused): reused ? "\(connection), reused" : "\(connection)"
        case .uploadProgress(let bytes, let total), .downloadProgress(let bytes, let total):
            total.map { "\(bytes) of \($0) bytes" } ?? "\(bytes) bytes"
        case .informational(let response), .head(let response): StatusText.of(response.status)
        case .done(let trailers): trailers.isEmpty ? "" : "trailers: \(trailers.count)"
        case .note(let text): text
        }
    }

    private static func column(_ time: Duration) -> String {
        let tenths = Int64((time.milliseconds * 10).rounded())
        let text = "\(tenths / 10).\(abs(tenths % 10))"
        return String(repeating: " ", count: max(1, 10 - text.count)) + text
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

/// A status for people.
enum StatusText {
    /// Code and phrase, or the code alone.
    static func of(_ status: HTTPResponse.Status) -> String {
        status.reasonPhrase.isEmpty ? "\(status.code)" : "\(status.code) \(status.reasonPhrase)"
    }
}
