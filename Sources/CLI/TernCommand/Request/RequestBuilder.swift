import FileIO
import TernCore

/// Makes the request's parts of what the command line says: method, URL, fields, content.
struct RequestBuilder {
    let invocation: Invocation

    struct Parts {
        var method: HTTPRequest.Method
        var url: String
        var content: Content
        var headers: Headers
        /// Whether `Expect: 100-continue` was asked for.
        var expectsContinue = false
        /// What `--time-cond` asks for.
        var condition: TimeCondition?
    }

    /// - Parameters:
    ///   - given: the URL as it stands after expansion.
    ///   - upload: the file to be sent, if any.
    ///   - offset: where `--continue-at` goes on.
    func parts(for given: String, upload: String? = nil, resumingAt offset: Int64 = 0) throws -> Parts {
        var lines = try headerLines()
        var parts = Parts(method: .get, url: URLText.complete(given), content: .empty, headers: [:])
        var contentRange: String?
        if let file = upload {
            parts.method = .put
            parts.content = try content(of: file, &parts.url, from: offset, &contentRange)
        } else if !invocation.form.isEmpty {
            parts.method = .post
            let form = try FormBody(invocation.form)
            parts.content = form.content(type: takesMultipartType(&lines))
        } else if !invocation.data.isEmpty {
            let data = try joined(invocation.data)
            if invocation.dataInQuery {
                parts.url = URLText.adding(query: String(decoding: data, as: UTF8.self), to: parts.url)
            } else {
                parts.method = .post
                let type = invocation.isJSON ? "application/json" : "application/x-www-form-urlencoded"
                parts.content = isChunked(&lines) ? chunked(data, type) : .bytes(data, type: type)
            }
        }
        if !invocation.queryParts.isEmpty {
            let query = try joined(invocation.queryParts)
            parts.url = URLText.adding(query: String(decoding: query, as: UTF8.self), to: parts.url)
        }
        if invocation.isHead { parts.method = .head }
        if let name = invocation.method { parts.method = try Self.method(name) }
        if upload != nil || !invocation.form.isEmpty { _ = isChunked(&lines) }
        parts.expectsContinue = expects(&lines)
        if let text = invocation.timeCondition {
            parts.condition = TimeCondition(text)
            if parts.condition == nil, invocation.tells {
                Output.error.line("tern: --time-cond: '\(text)' is neither a date nor a file, and is left out")
            }
        }
        let isDownload = upload == nil && offset > 0
        parts.headers = try headers(
            lines, range: isDownload ? "\(offset)-" : invocation.range, contentRange: contentRange,
            condition: parts.condition)
        return parts
    }

    static func method(_ name: String) throws -> HTTPRequest.Method {
        guard let method = HTTPRequest.Method(name) else { throw UsageError("--request: '\(name)' is not a method") }
        return method
    }

    // MARK: Fields

    /// Puts the fields of the command line into those of a session.
    func addFields(to base: inout Headers) throws {
        let lines = try headerLines()
        let own = try headers(lines, range: invocation.range, contentRange: nil, condition: nil)
        for case .removal(let name) in lines { base[name] = nil }
        for field in own.fields { base[Headers.Name(field.name)] = nil }
        for field in own.fields { base.append(Headers.Name(field.name), field.value) }
    }

    /// A field line of `-H`: with a value to send, empty to be sent, or to be taken away.
    private enum Line {
        case field(Headers.Name, String)
        case removal(Headers.Name)
    }

    private func headerLines() throws -> [Line] {
        var lines: [Line] = []
        for given in invocation.headers {
            let texts = given.hasPrefix("@") ? try InputReader.lines(of: String(given.dropFirst())) : [given]
            for text in texts {
                if let colon = text.firstIndex(of: ":") {
                    let name = Headers.Name(String(text[..<colon]))
                    let value = trimmed(text[text.index(after: colon)...])
                    lines.append(value.isEmpty ? .removal(name) : .field(name, value))
                } else if text.hasSuffix(";") {
                    lines.append(.field(Headers.Name(trimmed(text.dropLast())), ""))
                } else if !text.isEmpty, invocation.tells {
                    Output.error.line("tern: --header: '\(text)' has no colon, and is left out")
                }
            }
        }
        return lines
    }

    /// Spaces and tabs alone: other control characters are refused with the field.
    private func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        let end = start.lastIndex { $0 != " " && $0 != "\t" }.map(start.index(after:)) ?? start.startIndex
        return String(start[..<end])
    }

    /// Takes `Transfer-Encoding: chunked` out of the lines: it says how to send, which is not a field's matter.
    private func isChunked(_ lines: inout [Line]) -> Bool {
        takes(&lines) { $0 == .transferEncoding && $1.lowercased() == "chunked" }
    }

    private func expects(_ lines: inout [Line]) -> Bool {
        takes(&lines) { $0 == .expect && $1.lowercased() == "100-continue" }
    }

    private func takes(_ lines: inout [Line], _ isMeant: (Headers.Name, String) -> Bool) -> Bool {
        let count = lines.count
        lines.removeAll { if case .field(let name, let value) = $0 { isMeant(name, value) } else { false } }
        return lines.count < count
    }

    private func headers(
        _ lines: [Line], range: String?, contentRange: String?, condition: TimeCondition?
    ) throws -> Headers {
        var headers = Headers()
        if invocation.isJSON { headers[.accept] = "application/json" }
        if let range { headers.append(.range, "bytes=\(range)" + (range.allSatisfy(\.isNumber) ? "-" : "")) }
        if let contentRange { headers.append(.contentRange, contentRange) }
        if let field = condition?.field { headers.append(field.name, field.value) }
        if let referer = invocation.referer, !referer.isEmpty { headers.append(.referer, referer) }
        let cookies = invocation.cookies.filter { $0.contains("=") }
        if !cookies.isEmpty { headers.append(.cookie, cookies.joined(separator: "; ")) }
        // A removal takes away what would be sent by itself, and never what the command line asks for.
        for case .removal(let name) in lines { headers[name] = nil }
        var seen: Set<Headers.Name> = []
        for case .field(let name, let value) in lines {
            // So does the first of a name; the next ones are added. Only one Host can be.
            if seen.insert(name).inserted { headers[name] = nil } else if name == .host { continue }
            headers.append(name, value)
        }
        return headers
    }

    // MARK: Content

    /// The file to be sent from `offset` on; `range` gets what `Content-Range` says then.
    private func content(
        of file: String, _ url: inout String, from offset: Int64, _ range: inout String?
    ) throws -> Content {
        // curl's "." reads standard input without blocking, which makes no difference here.
        guard file != "-", file != "." else {
            return .stream(length: nil, replayable: false, type: nil) { InputReader() }
        }
        url = URLText.adding(nameOf: file, to: url)
        guard invocation.resume != nil, invocation.resume != .offset(0),
            let slice = try? FileSlice(contentsOf: file), slice.length > offset
        else { return .file(file) }
        range = "bytes \(offset)-\(slice.length - 1)/\(slice.length)"
        return .file(FileSlice(path: file, offset: offset, length: slice.length - offset))
    }

    /// Takes a media type for a form out of the lines: the boundary has to come behind it.
    private func takesMultipartType(_ lines: inout [Line]) -> String? {
        var type: String?
        lines.removeAll { line in
            guard case .field(let name, let value) = line, name == .contentType else { return false }
            type = type ?? value
            return true
        }
        return type
    }

    private func chunked(_ data: [UInt8], _ type: String) -> Content {
        .stream(length: nil, replayable: true, type: type) { OneChunk(bytes: data) }
    }

    /// All pieces, joined by `&` as a form is; pieces of `--json` are joined without.
    private func joined(_ parts: [DataPart]) throws -> [UInt8] {
        var all: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index > 0, !invocation.isJSON { all.append(UInt8(ascii: "&")) }
            switch part {
            case .text(let text): all += Array(text.utf8)
            case .file(let path, let stripsLines):
                let bytes = try InputReader.all(of: path)
                all += stripsLines ? bytes.filter { $0 != 10 && $0 != 13 && $0 != 0 } : bytes
            case .encoded(let name, let value): all += encoded(name, Array(value.utf8))
            case .encodedFile(let name, let path): all += encoded(name, try InputReader.all(of: path))
            }
        }
        return all
    }

    private func encoded(_ name: String, _ value: [UInt8]) -> [UInt8] {
        Array((name.isEmpty ? "" : name + "=").utf8) + FormText.encode(value)
    }
}

/// A body of one piece.
struct OneChunk: BodyReader {
    var bytes: [UInt8]?

    mutating func next() async throws -> [UInt8]? {
        defer { bytes = nil }
        return bytes
    }
}
