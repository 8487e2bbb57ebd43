package import Names
import Wire

/// A file of alternatives in curl's format, as text: one line for each, comments behind a number sign.
///
///     h2 example.com 443 h3 alt.example.com 8443 "20261231 10:00:00" 1 0
///
/// The protocol, host and port of the origin; those of the alternative; when it ends, in GMT; whether it persists; its
/// priority, which curl ignores. What curl's format has no place for stands in comments: the version of them, and what
/// was found broken, so that the next run does not try it again. curl skips those.
package struct AltSvcFile: Sendable {
    /// An alternative that failed.
    package struct Broken: Sendable, Hashable {
        package var origin: Origin
        package var service: AltService
        package var failures: Int
        /// Seconds since 1970.
        package var until: Int64
        /// The network where it failed; nil for the one that the file is read on.
        package var network: String?
    }

    /// Origins and their alternatives, the one used last first.
    package var origins: [(Origin, [Alternative])] = []
    package var broken: [Broken] = []
    /// Lines that could not be read, which are left out.
    package private(set) var damagedLines = 0
    /// Whether a later version of this library wrote comments that this one does not know.
    package private(set) var isLater = false

    /// The version of the comments.
    private static let version = 1
    private static let versionMark = "# tern alt-svc "
    private static let brokenMark = "# tern-broken "
    /// Bytes that are read at most: some 12,288 origins with long names.
    package static let limit = 8 * 1024 * 1024
    /// Origins that are written at most.
    package static let originLimit = AltSvcLimits.origins

    package init() {}

    /// Reads a file's text: every line that can be read, whatever stands on the others.
    package init(_ text: String) {
        var places: [Origin: Int] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let words = Self.words(line)
            guard let first = words.first else { continue }
            if first.first == "#" {
                readComment(line)
            } else if let (origin, alternative) = Self.entry(words) {
                if let place = places[origin] {
                    guard origins[place].1.count < AltSvcLimits.alternatives else { continue }
                    origins[place].1.append(alternative)
                } else {
                    places[origin] = origins.count
                    origins.append((origin, [alternative]))
                }
            } else {
                damagedLines += 1
            }
        }
    }

    /// The file's text.
    package var text: String {
        var text = """
            # Alternative services (RFC 7838), in the format of curl: https://curl.se/docs/alt-svc.html
            # Written by tern. It is written anew whenever something is learned.
            \(Self.versionMark)\(Self.version)

            """
        for (origin, alternatives) in origins {
            for (priority, alternative) in alternatives.enumerated() {
                let service = alternative.service
                text += "h2 \(Self.host(origin.host)) \(origin.port) \(Self.alpn(service.alpn)) "
                text += "\(Self.host(service.host)) \(service.port) \"\(CivilTime(alternative.expires))\" "
                text += "\(alternative.persists ? 1 : 0) \(priority)\n"
            }
        }
        for broken in broken {
            let service = broken.service
            text += "\(Self.brokenMark)\(Self.host(broken.origin.host)) \(broken.origin.port) "
            text += "\(Self.alpn(service.alpn)) \(Self.host(service.host)) \(service.port) "
            text += "\"\(CivilTime(broken.until))\" \(broken.failures)"
            if let network = broken.network { text += " " + Self.alpn(network) }
            text += "\n"
        }
        return text
    }

    private mutating func readComment(_ line: Substring) {
        if line.hasPrefix(Self.versionMark) {
            isLater = Int(line.dropFirst(Self.versionMark.count)).map { $0 > Self.version } ?? true
        } else if line.hasPrefix(Self.brokenMark) {
            let words = Self.words(line.dropFirst(Self.brokenMark.count))
            guard words.count == 7 || words.count == 8, let origin = Self.origin(words[0], words[1]),
                let service = Self.service(words[2], words[3], words[4]), let until = CivilTime.seconds(words[5]),
                let failures = Int(words[6]), 1...64 ~= failures
            else {
                damagedLines += 1
                return
            }
            broken.append(
                Broken(
                    origin: origin, service: service, failures: failures, until: until,
                    network: words.count == 8 ? Self.decoded(words[7]) : nil))
        }
    }

    private static func entry(_ words: [Substring]) -> (Origin, Alternative)? {
        // curl once wrote no priority; more than nine words are none of its lines.
        guard words.count == 8 || words.count == 9, ["h1", "h2", "h3"].contains(words[0]),
            let origin = origin(words[1], words[2]), let service = service(words[3], words[4], words[5]),
            let expires = CivilTime.seconds(words[6]), let persists = Int(words[7]), 0...1 ~= persists,
            words.count == 8 || Int(words[8]) != nil
        else { return nil }
        return (origin, Alternative(service, expires: expires, persists: persists == 1, source: .file))
    }

    /// The words of a line; quoted ones may hold blanks.
    private static func words(_ line: Substring) -> [Substring] {
        var words: [Substring] = []
        var rest = line.drop { $0 == " " || $0 == "\t" }
        while let first = rest.first {
            if first == "\"" {
                let content = rest.dropFirst()
                guard let end = content.firstIndex(of: "\"") else { return words + [rest] }
                words.append(content[..<end])
                rest = content[content.index(after: end)...]
            } else {
                let word = rest.prefix { $0 != " " && $0 != "\t" }
                words.append(word)
                rest = rest[word.endIndex...]
            }
            rest = rest.drop { $0 == " " || $0 == "\t" }
        }
        return words
    }

    private static func origin(_ host: Substring, _ port: Substring) -> Origin? {
        guard let place = place(host, port) else { return nil }
        return Origin(scheme: .https, host: place.host, port: place.port)
    }

    private static func service(_ alpn: Substring, _ host: Substring, _ port: Substring) -> AltService? {
        guard let name = decoded(alpn), let place = place(host, port) else { return nil }
        return AltService(alpn: name, host: place.host, port: place.port)
    }

    private static func place(_ host: Substring, _ port: Substring) -> (host: String, port: Int)? {
        // Old versions of curl wrote IPv6 addresses without brackets.
        let text = host.utf8.contains(.colon) && host.first != "[" ? "[\(host)]" : String(host)
        guard let host = Authority.host(Array(text.utf8)[...]), let port = Authority.port(Array(port.utf8)[...]) else {
            return nil
        }
        return (host, port)
    }

    private static func host(_ host: String) -> String { host.utf8.contains(.colon) ? "[\(host)]" : host }

    /// A name without blanks and other trouble: bytes that no token holds are percent-encoded.
    private static func alpn(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            if byte.isTokenCharacter, byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }

    private static func decoded(_ name: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = name.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
