import FileIO
import Tern

/// Carries out a command line: the requests one after another, over one session.
struct Runner {
    let invocation: Invocation
    let session: Session<AnyTransport>

    init(_ invocation: Invocation) throws {
        self.invocation = invocation
        var configuration = try SessionSetup.configuration(invocation)
        if invocation.verbose { configuration.hooks.append(Verbose()) }
        session = Session(owning: try SessionSetup.transport(invocation), configuration: configuration)
    }

    /// The exit code of the last request that failed, or 0.
    func run() async throws -> Int32 {
        var code: Int32 = 0
        for url in invocation.urls {
            do {
                try await one(url)
            } catch {
                code = ExitCode.of(error)
                if !invocation.silent || invocation.showError { Output.error.line("tern: (\(code)) \(error)") }
            }
        }
        await session.close(by: SystemClock().now.advanced(by: .seconds(1)))
        return code
    }

    private func one(_ url: String) async throws {
        let parts = try RequestBuilder(invocation: invocation).parts(for: url)
        let response: StreamingResponse
        if invocation.pathAsIs || invocation.requestTarget != nil {
            var request = try session.prepare(parts.method, parts.url, parts.content, headers: parts.headers)
            request.url = try HTTPURL(parts.url, pathAsIs: invocation.pathAsIs)
            request.targetOverride = invocation.requestTarget
            response = try await session.stream(request)
        } else {
            response = try await session.stream(parts.method, parts.url, parts.content, headers: parts.headers)
        }
        let head = HeadText.of(response)
        if let path = invocation.dumpHeader { try await write(head, to: path) }
        let failed = response.status.code >= 400 && (invocation.fail || invocation.failWithBody)
        if failed, !invocation.failWithBody {
            response.cancel()
            throw UsageError("the server answered \(response.status.code)", code: 22)
        }
        let received = try await deliver(response, head: head)
        if invocation.timeline, let timeline = response.timeline { Output.error.line("\(timeline)") }
        if let format = invocation.writeOut {
            try Output.standard.write(Array(WriteOut.text(format, response, received).utf8))
        }
        if failed { throw UsageError("the server answered \(response.status.code)", code: 22) }
    }

    /// Writes the head, if it is wanted, and the body where it belongs; gives the body's length.
    private func deliver(_ response: StreamingResponse, head: [UInt8]) async throws -> Int64 {
        let showsHead = invocation.include || invocation.isHead
        guard let path = try outputPath(response) else {
            if showsHead { try Output.standard.write(head) }
            var count: Int64 = 0
            for try await chunk in response.body {
                count += Int64(chunk.count)
                try Output.standard.write(chunk)
            }
            return count
        }
        if invocation.createDirs { try OutputFolder.make(for: path) }
        let writer: FileWriter
        do { writer = try await FileWriter(path, .truncate) } catch { throw UsageError("\(error)", code: 23) }
        let meter = Meter(response.expectedLength, isShown: !invocation.silent && Output.error.isTerminal)
        do {
            if showsHead { try await writer.write(head) }
        } catch { throw UsageError("\(error)", code: 23) }
        var count: Int64 = 0
        for try await chunk in response.body {
            do { try await writer.write(chunk) } catch { throw UsageError("\(error)", code: 23) }
            count += Int64(chunk.count)
            meter.show(count)
        }
        meter.end(count)
        do { try await writer.close() } catch { throw UsageError("\(error)", code: 23) }
        return count
    }

    private func outputPath(_ response: StreamingResponse) throws -> String? {
        if let output = invocation.output { return output == "-" ? nil : output }
        guard invocation.remoteName else { return nil }
        guard let name = response.url.path.split(separator: "/").last else {
            throw UsageError("--remote-name: the URL \(response.url) has no file name in its path", code: 23)
        }
        return String(name)
    }

    private func write(_ bytes: [UInt8], to path: String) async throws {
        guard path != "-" else { return try Output.standard.write(bytes) }
        do {
            let writer = try await FileWriter(path, .truncate)
            try await writer.write(bytes)
            try await writer.close()
        } catch { throw UsageError("\(error)", code: 23) }
    }
}

/// A response's head as HTTP/1.1 would write it.
enum HeadText {
    static func of(_ response: StreamingResponse) -> [UInt8] {
        var text = ""
        for hop in response.history { text += head("1.1", hop.status, hop.fields) }
        return Array((text + head(response.version.rawValue, response.status, response.headers)).utf8)
    }

    private static func head(_ version: String, _ status: HTTPResponse.Status, _ fields: HTTPFields) -> String {
        var text = "HTTP/\(version) \(status.code) \(status.reasonPhrase)\r\n"
        for field in fields { text += "\(field.name.rawName): \(field.value)\r\n" }
        return text + "\r\n"
    }
}
