// What Scripts/demo shows of the library: swift run Tour SERVER CA-FILE FILE-TO-UPLOAD
import Glibc
import Tern

struct Bird: Codable { var name: String, wingspan: Int }

func tour(server: String, authority: String, upload: String) async throws {
    // A session keeps connections, cookies and settings; everything can be set for it, or for one call.
    let session = Session()
    session.configure { settings in
        settings.tls.trust = .file(authority)
        settings.timeouts.total = .seconds(30)
        settings.headers[.userAgent] = "tour"
    }

    let page = try await session.get("\(server)/page")
    print("GET           \(page.status.code) over HTTP/\(page.version.rawValue), \(page.bytes.count) bytes decoded")

    let echoed = try await session.post("\(server)/echo", .json(Bird(name: "arctic tern", wingspan: 80)))
    print("JSON POST     came back as \(try echoed.json(as: Bird.self))")

    let stored = try await session.put("\(server)/upload/copy", .file(upload))
    print("upload        \(stored.status.code) for \(upload)")

    var shown = 0
    let saved = try await session.download("\(server)/large", to: "/dev/null") { progress in
        let quarter = Int((progress.fraction ?? 0) * 4)
        if quarter > shown {
            shown = quarter
            print("download      \(quarter * 25) % of \(progress.total ?? 0) bytes")
        }
    }
    print("download      \(saved.status.code), the connection was \(saved.reusedConnection ? "used again" : "new")")

    let account = try await session.get("\(server)/login")
    print("cookies       \(account.history.count) redirect, then: \(account.text)")

    var lines = 0
    for try await _ in try await session.stream(.get, "\(server)/lines").lines { lines += 1 }
    print("streaming     \(lines) lines, read as they came")

    let patient = session.with { settings in
        var policy = BackoffRetry(limit: 5)
        policy.backoff = .milliseconds(200)
        settings.retry = policy
        settings.recordsTimeline = true
    }
    _ = try await patient.get("\(server)/busy")
    let second = try await patient.get("\(server)/busy")
    print("retry         \(second.status.code) after \(second.attempts.count) attempts")

    do {
        _ = try await session.get("https://localhost:1/")
    } catch {
        print("a failure     \(error)")
        print(
            "              phase \(error.transportError?.phase.rawValue ?? "-"), safe to repeat: "
                + "\(error.transportError?.retrySafety.rawValue ?? "-")")
    }
    await session.close()
}

let arguments = CommandLine.arguments
guard arguments.count == 4 else {
    print("usage: Tour SERVER CA-FILE FILE-TO-UPLOAD")
    exit(2)
}
do {
    try await tour(server: arguments[1], authority: arguments[2], upload: arguments[3])
} catch {
    print("tour: \(error)")
    exit(1)
}
