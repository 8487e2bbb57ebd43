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
    }

    func parts(for given: String) throws -> Parts {
        if invocation.globs { try URLText.checkGlobs(given) }
        var lines = try headerLines()
        var parts = Parts(method: .get, url: URLText.complete(given), content: .empty, headers: [:])
        if let file = invocation.uploadFile {
            parts.method = .put
            parts.content = try upload(file, &parts.url)
        } else if !invocation.form.isEmpty {
            parts.method = .post
            parts.content = .multipart(Multipart(try invocation.form.map { try part($0) }))
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
        if invocation.isHead { parts.method = .head }
        if let name = invocation.method {
            guard let method = HTTPRequest.Method(name) else {
                throw UsageError("--request: '\(name)' is not a method")
            }
            parts.method = method
        }
        if invocation.uploadFile != nil || !invocation.form.isEmpty { _ = isChunked(&lines) }
        parts.expectsContinue = expects(&lines)
        parts.headers = try headers(lines)
        return parts
    }

    // MARK: Fields

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

    private func headers(_ lines: [Line]) throws -> Headers {
        var headers = Headers()
        if invocation.isJSON { headers[.accept] = "application/json" }
        if let range = invocation.range {
            headers.append(.range, "bytes=\(range)" + (range.allSatisfy(\.isNumber) ? "-" : ""))
        }
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

    private func upload(_ file: String, _ url: inout String) throws -> Content {
        // curl's "." reads standard input without blocking, which makes no difference here.
        guard file != "-", file != "." else {
            return .stream(length: nil, replayable: false, type: nil) { InputReader() }
        }
        url = URLText.adding(nameOf: file, to: url)
        return .file(file)
    }

    private func chunked(_ data: [UInt8], _ type: String) -> Content {
        .stream(length: nil, replayable: true, type: type) { OneChunk(bytes: data) }
    }

    private func part(_ field: FormField) throws -> Multipart.Part {
        var headers = Headers()
        for line in field.headers {
            guard let colon = line.firstIndex(of: ":") else {
                throw UsageError("--form: expected a header 'Name: value', got '\(line)'")
            }
            headers.append(Headers.Name(String(line[..<colon])), trimmed(line[line.index(after: colon)...]))
        }
        let (name, filename) = (field.name, field.filename)
        switch field.value {
        case .text(let text):
            let type = field.type ?? MediaTypeGuess.type(of: filename)
            return .bytes(name, Array(text.utf8), filename: filename, type: type, headers: headers)
        case .content(let path):
            // Plain text is what a field without a type is; a file's name it has none.
            let guess = MediaTypeGuess.type(of: path)
            let type = field.type ?? (guess == "text/plain" ? nil : guess)
            return .bytes(name, try InputReader.all(of: path), type: type, headers: headers)
        case .file("-"):
            let type = field.type ?? MediaTypeGuess.type(of: filename)
            return .bytes(name, try InputReader.all(of: "-"), filename: filename ?? "-", type: type, headers: headers)
        case .file(let path):
            let type = field.type ?? MediaTypeGuess.type(of: filename, path) ?? "application/octet-stream"
            return .file(name, path: path, filename: filename, type: type, headers: headers)
        }
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
