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
    }

    func parts(for url: String) throws -> Parts {
        let usesBody = !invocation.dataInQuery
        var parts = Parts(method: .get, url: url.contains("://") ? url : "http://\(url)", content: .empty, headers: [:])
        if let file = invocation.uploadFile {
            parts.method = .put
            parts.content = try upload(file, &parts.url)
        } else if !invocation.form.isEmpty {
            parts.method = .post
            parts.content = try multipart()
        } else if !invocation.data.isEmpty {
            let data = try joined(invocation.data)
            if usesBody {
                parts.method = .post
                let type = invocation.isJSON ? "application/json" : "application/x-www-form-urlencoded"
                parts.content = .bytes(data, type: type)
            } else {
                parts.url = try HTTPURL(parts.url).withQuery(String(decoding: data, as: UTF8.self))
            }
        }
        if invocation.isHead { parts.method = .head }
        if let name = invocation.method {
            guard let method = HTTPRequest.Method(name) else { throw UsageError("--request: '\(name)' is not a method") }
            parts.method = method
        }
        parts.headers = try headers(for: parts.content)
        return parts
    }

    private func headers(for content: Content) throws -> Headers {
        var headers = Headers()
        if invocation.isJSON { headers[.accept] = "application/json" }
        if let range = invocation.range { headers.append("Range", "bytes=\(range)") }
        if let referer = invocation.referer { headers.append("Referer", referer) }
        let cookies = invocation.cookies.filter { $0.contains("=") }
        if !cookies.isEmpty { headers.append("Cookie", cookies.joined(separator: "; ")) }
        var own: Set<Headers.Name> = []
        for line in invocation.headers {
            if let colon = line.firstIndex(of: ":") {
                let name = Headers.Name(String(line[..<colon]))
                let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                // The first of a name replaces what would be sent by itself; the next ones are added.
                if own.insert(name).inserted { headers[name] = nil }
                if !value.isEmpty { headers.append(name, String(value)) }
            } else if line.hasSuffix(";") {
                headers.append(Headers.Name(String(line.dropLast())), "")
            } else {
                throw UsageError("--header: expected 'Name: value', got '\(line)'")
            }
        }
        return headers
    }

    private func upload(_ file: String, _ url: inout String) throws -> Content {
        guard file != "-" else {
            return .stream(length: nil, replayable: false, type: nil) { InputReader() }
        }
        if url.hasSuffix("/") { url += String(file.split(separator: "/").last ?? "") }
        return .file(file)
    }

    private func multipart() throws -> Content {
        var form = Multipart([])
        for field in invocation.form {
            switch field.value {
            case .text(let text): form.parts.append(.text(field.name, text, type: field.type))
            case .content(let path):
                let text = String(decoding: try InputReader.all(of: path), as: UTF8.self)
                form.parts.append(.text(field.name, text, type: field.type))
            case .file(let path):
                form.parts.append(.file(field.name, path: path, filename: field.filename, type: field.type))
            }
        }
        return .multipart(form)
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
            case .encoded(let name, let value): all += encoded(name, value)
            case .encodedFile(let name, let path):
                all += encoded(name, String(decoding: try InputReader.all(of: path), as: UTF8.self))
            }
        }
        return all
    }

    private func encoded(_ name: String, _ value: String) -> [UInt8] {
        Array((name.isEmpty ? "" : name + "=").utf8) + Array(PercentEncoding.encode(value).utf8)
    }
}

extension HTTPURL {
    /// The URL with `text` added to its query, as it stands.
    fileprivate func withQuery(_ text: String) -> String {
        let base = removingFragment().absoluteString
        return base + (query == nil ? "?" : "&") + text
    }
}
