import FileIO

extension Multipart {
    /// A stretch of the body.
    enum Segment: Sendable {
        case bytes([UInt8])
        case file(FileSlice)
        case stream(BodyStream)

        var length: Int64? {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .file(let slice): slice.length
            case .stream(let stream): stream.length
            }
        }
        var isReplayable: Bool { if case .stream(let stream) = self { stream.isReplayable } else { true } }
    }

    /// Bodies of parts in memory up to this many bytes are joined: one write is cheaper than several.
    private static let joined = 64 * 1024

    /// The body. Looks up the files, and opens none.
    func body() throws(Refusal) -> RequestBody {
        try checkBoundary()
        var segments: [Segment] = []
        var text: [UInt8] = []
        for part in parts {
            text += "--\(boundary)\r\n".utf8
            text += try part.head()
            switch part.source {
            case .bytes(let bytes) where bytes.count <= Multipart.joined: text += bytes
            case .bytes(let bytes): segments += [.bytes(text), .bytes(bytes)]
            case .file(let path): segments += [.bytes(text), .file(try Refusal.slice(of: path))]
            case .stream(let stream): segments += [.bytes(text), .stream(stream)]
            }
            switch part.source {
            case .bytes(let bytes) where bytes.count <= Multipart.joined: break
            default: text = []
            }
            text += "\r\n".utf8
        }
        text += "--\(boundary)--\r\n".utf8
        guard !segments.isEmpty else { return .bytes(text) }
        let all = segments + [.bytes(text)]
        var length: Int64? = 0
        for segment in all {
            guard let sum = length, let more = segment.length else {
                length = nil
                break
            }
            let (total, overflow) = sum.addingReportingOverflow(more)
            length = overflow ? nil : total
        }
        return .stream(
            BodyStream(length: length, replayable: all.allSatisfy(\.isReplayable)) { MultipartReader(all) })
    }

    /// RFC 2046 §5.1.1.
    private func checkBoundary() throws(Refusal) {
        let allowed = boundary.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard allowed, (1...70).contains(boundary.utf8.count) else {
            throw Refusal(
                .input(
                    InvalidMultipart(
                        description: "a multipart boundary has 1 to 70 letters, digits, - and _, not \"\(boundary)\"")))
        }
    }
}

extension Multipart.Part {
    /// The fields and the empty line.
    fileprivate func head() throws(Refusal) -> [UInt8] {
        if let fault = headers.fault { throw Refusal(.input(fault)) }
        var fields = HTTPFields()
        var disposition = "form-data; name=\"\(try escaped(name))\""
        if let filename { disposition += "; filename=\"\(try escaped(filename))\"" }
        var own: Headers = [.contentDisposition: disposition]
        if let type { own[.contentType] = type }
        if let fault = own.fault { throw Refusal(.input(fault)) }
        fields = headers.merged(over: own.fields)
        var text = ""
        for field in fields { text += "\(field.name.rawName): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private func escaped(_ name: String) throws(Refusal) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\r": text += "%0D"
            case "\n": text += "%0A"
            case "\"": text += "%22"
            case "\0"..<" ", "\u{7f}":
                throw Refusal(
                    .input(
                        InvalidMultipart(
                            description: "the name of a part holds a control character: \(name.debugDescription)")))
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Reads the segments one after the other.
struct MultipartReader: BodyReader {
    private var segments: ArraySlice<Multipart.Segment>
    private var open: (reader: any BodyReader, remaining: Int64?)?

    init(_ segments: [Multipart.Segment]) { self.segments = segments[...] }

    mutating func next() async throws -> [UInt8]? {
        while true {
            if let chunk = try await nextOfOpen() { return chunk }
            guard let segment = segments.popFirst() else { return nil }
            switch segment {
            case .bytes(let bytes): return bytes
            case .file(let slice): open = (FileReader(slice), slice.length)
            case .stream(let stream): open = (try await stream.open(), stream.length)
            }
        }
    }

    /// A part that is longer or shorter than it said would make another part of its neighbour.
    private mutating func nextOfOpen() async throws -> [UInt8]? {
        guard var (reader, remaining) = open else { return nil }
        open = nil
        guard let chunk = try await reader.next() else {
            if let remaining, remaining != 0 {
                throw InvalidMultipart(description: "a part ended \(remaining) bytes before the length that it named")
            }
            return nil
        }
        if let before = remaining {
            remaining = before - Int64(chunk.count)
            if before < chunk.count {
                throw InvalidMultipart(description: "a part is longer than the length that it named")
            }
        }
        open = (reader, remaining)
        return chunk
    }
}
