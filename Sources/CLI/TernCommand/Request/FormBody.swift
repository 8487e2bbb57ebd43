import FileIO
import TernCore

/// The body that the fields of `-F` make: multipart (RFC 2046 §5.1), written as curl writes it, read from its files
/// while it is sent.
struct FormBody {
    private let parts: [FormPart]
    private let boundary = FormPart.newBoundary()

    init(_ fields: [FormField]) throws {
        var levels: [(field: FormField?, parts: [FormPart])] = [(nil, [])]
        for field in fields {
            switch field.value {
            case .begin: levels.append((field, []))
            case .end:
                guard levels.count > 1, let level = levels.popLast(), let field = level.field else {
                    throw UsageError("--form: '=)' ends a part of parts, and none was begun")
                }
                levels[levels.count - 1].parts.append(try FormPart(field, parts: level.parts))
            default: levels[levels.count - 1].parts.append(try FormPart(field))
            }
        }
        // curl ends what is open, too.
        while levels.count > 1, let level = levels.popLast(), let field = level.field {
            levels[levels.count - 1].parts.append(try FormPart(field, parts: level.parts))
        }
        parts = levels[0].parts
    }

    /// - Parameter type: the media type in place of `multipart/form-data`.
    func content(type: String?) -> Content {
        let type = type ?? "multipart/form-data"
        let isForm = type.lowercased().hasPrefix("multipart/form-data")
        var writer = FormWriter()
        writer.write(parts, boundary, isForm ? "form-data" : nil)
        let segments = writer.finish()
        let fullType = "\(type); boundary=\(boundary)"
        if segments.count == 1, case .bytes(let bytes) = segments[0] { return .bytes(bytes, type: fullType) }
        let length = segments.reduce(Int64(0)) { $0 + $1.length }
        return .stream(length: length, replayable: true, type: fullType) { FormReader(segments: segments[...]) }
    }
}

/// One part: its head and its content.
struct FormPart: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case file(FileSlice)
        case parts([FormPart], boundary: String)
    }

    let name: String
    let filename: String?
    let type: String?
    let encoder: String?
    let headers: [String]
    let body: Body

    static func newBoundary() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "-", count: 24) + String(repeating: "0", count: 16 - digits.count) + digits
    }

    init(_ field: FormField) throws {
        switch field.value {
        case .text(let text):
            let type = field.type ?? MediaTypeGuess.type(of: field.filename)
            try self.init(field, field.filename, type, .bytes(Array(text.utf8)))
        case .content(let path):
            // Plain text is what a field without a type is; a file's name it has none.
            let guess = MediaTypeGuess.type(of: path)
            let type = field.type ?? (guess == "text/plain" ? nil : guess)
            try self.init(field, nil, type, .bytes(try InputReader.all(of: path)))
        case .file("-"):
            let type = field.type ?? MediaTypeGuess.type(of: field.filename)
            try self.init(field, field.filename ?? "-", type, .bytes(try InputReader.all(of: "-")))
        case .file(let path):
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let type = field.type ?? MediaTypeGuess.type(of: field.filename, path) ?? "application/octet-stream"
            try self.init(field, field.filename ?? name, type, try Self.body(of: path))
        case .files(let files):
            try self.init(field, parts: try files.map { try FormPart($0) })
        case .begin, .end: try self.init(field, parts: [])
        }
    }

    /// A part of parts.
    init(_ field: FormField, parts: [FormPart]) throws {
        let boundary = Self.newBoundary()
        let type = "\(field.type ?? "multipart/mixed"); boundary=\(boundary)"
        try self.init(field, field.filename, type, .parts(parts, boundary: boundary))
    }

    private init(_ field: FormField, _ filename: String?, _ type: String?, _ body: Body) throws {
        name = field.name
        self.filename = filename
        self.type = type
        encoder = field.encoder
        headers = field.headers
        self.body = try field.encoder.map { try FormEncoder.encode(body, $0) } ?? body
    }

    private static func body(of path: String) throws -> Body {
        do { return .file(try FileSlice(contentsOf: path)) } catch  where error.code == .notRegular {
            // A pipe has no length to be told before it is read.
            return .bytes(try InputReader.all(of: path))
        } catch { throw UsageError("--form: \(error)", code: 26) }
    }

    /// The lines in front of the content.
    fileprivate func head(_ disposition: String?) -> String {
        var lines: [String] = []
        if let kind = disposition ?? (name.isEmpty && filename == nil ? nil : "attachment") {
            var line = "Content-Disposition: \(kind)"
            if !name.isEmpty { line += "; name=\"\(escaped(name))\"" }
            if let filename { line += "; filename=\"\(escaped(filename))\"" }
            lines.append(line)
        }
        if let type { lines.append("Content-Type: \(type)") }
        if let encoder { lines.append("Content-Transfer-Encoding: \(encoder)") }
        lines += headers
        return lines.map { "\($0)\r\n" }.joined() + "\r\n"
    }

    /// As browsers write names (HTML §4.10.21.8).
    private func escaped(_ name: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\r": text.append(contentsOf: "%0D".unicodeScalars)
            case "\n": text.append(contentsOf: "%0A".unicodeScalars)
            case "\"": text.append(contentsOf: "%22".unicodeScalars)
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}

/// Puts parts one after the other.
private struct FormWriter {
    private var segments: [FormSegment] = []
    private var text: [UInt8] = []

    mutating func write(_ parts: [FormPart], _ boundary: String, _ disposition: String?) {
        for part in parts {
            text += "--\(boundary)\r\n\(part.head(disposition))".utf8
            switch part.body {
            case .bytes(let bytes): text += bytes
            case .file(let slice):
                segments += [.bytes(text), .file(slice)]
                text = []
            case .parts(let inner, let boundary): write(inner, boundary, nil)
            }
            text += "\r\n".utf8
        }
        text += "--\(boundary)--\r\n".utf8
    }

    mutating func finish() -> [FormSegment] { segments + [.bytes(text)] }
}

/// A stretch of the body.
enum FormSegment: Sendable {
    case bytes([UInt8])
    case file(FileSlice)

    var length: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let slice): slice.length
        }
    }
}

/// Reads the stretches one after the other.
private struct FormReader: BodyReader {
    var segments: ArraySlice<FormSegment>
    private var file: FileReader?

    init(segments: ArraySlice<FormSegment>) { self.segments = segments }

    mutating func next() async throws -> [UInt8]? {
        while true {
            if let chunk = try await file?.next() { return chunk }
            file = nil
            switch segments.popFirst() {
            case nil: return nil
            case .bytes(let bytes): return bytes
            case .file(let slice): file = FileReader(slice)
            }
        }
    }
}
