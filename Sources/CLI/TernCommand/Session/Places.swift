import TernCore

/// Reads curl's ways of naming hosts, ports, addresses and proxies.
enum Places {
    /// `host:port:address[,address]`, `*` for any host; a `+` in front has a meaning for caches only.
    static func resolve(_ text: String) throws -> AddressOverride {
        let parts = split(text.hasPrefix("+") ? String(text.dropFirst()) : text, 3)
        guard parts.count == 3, let port = Int(parts[1]), !parts[0].isEmpty else {
            throw UsageError("--resolve: expected HOST:PORT:ADDRESS, got '\(text)'", code: 49)
        }
        let addresses = try parts[2].split(separator: ",").map { part in
            guard let address = IPAddress(unbracketed(String(part))) else {
                throw UsageError("--resolve: '\(part)' is not an IP address", code: 49)
            }
            return address
        }
        return AddressOverride(
            host: parts[0] == "*" ? nil : unbracketed(parts[0]), port: port, target: .addresses(addresses))
    }

    /// `host:port:host2:port2`, each part may be empty.
    static func connectTo(_ text: String) throws -> AddressOverride {
        let parts = split(text, 4)
        guard parts.count == 4, parts[1].isEmpty || Int(parts[1]) != nil, parts[3].isEmpty || Int(parts[3]) != nil
        else {
            throw UsageError("--connect-to: expected HOST:PORT:HOST2:PORT2, got '\(text)'", code: 49)
        }
        let host = unbracketed(parts[2])
        return AddressOverride(
            host: parts[0].isEmpty ? nil : unbracketed(parts[0]), port: Int(parts[1]),
            target: .host(host.isEmpty ? nil : host, port: Int(parts[3])))
    }

    /// `file[:password]`; a colon or backslash of the file's name has a backslash in front.
    static func certificate(_ text: String) -> (file: String, password: String?) {
        var file = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, next == ":" || next == "\\" {
                file.append(next)
                rest.removeFirst()
            } else if character == ":" {
                return (file, String(rest))
            } else {
                file.append(character)
            }
        }
        return (file, nil)
    }

    /// `[kind://][user:password@]host[:port]`; http and 1080 where nothing is said, as curl has it.
    static func proxy(_ text: String) throws -> ProxyOptions {
        var rest = text[...]
        var kind = ProxyOptions.Kind.http
        if let mark = text.firstRange(of: "://") {
            let name = text[..<mark.lowerBound].lowercased()
            guard let known = ProxyOptions.Kind(rawValue: name == "socks" ? "socks4" : name) else {
                throw UsageError("--proxy: '\(name)' is not a kind of proxy that is known here", code: 7)
            }
            kind = known
            rest = text[mark.upperBound...]
        }
        // The rules of a URL's authority hold for what follows.
        let url: HTTPURL
        do { url = try HTTPURL("http://" + rest) } catch { throw UsageError("--proxy: \(error)", code: 5) }
        let hasPort = rest.split(separator: "@").last?.split(separator: "]").last?.contains(":") ?? false
        return ProxyOptions(
            kind, host: url.host, port: hasPort ? url.port : (kind == .https ? 443 : 1080),
            credentials: url.credentials)
    }

    /// Splits at colons outside of brackets, into `count` parts at most.
    private static func split(_ text: String, _ count: Int) -> [String] {
        var parts = [""]
        var depth = 0
        for character in text {
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            if character == ":", depth == 0, parts.count < count {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    static func unbracketed(_ text: String) -> String {
        text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    }
}
