/// Cookies that a call sends of its own, besides those that the session keeps: `["theme": "dark"]`.
///
/// They go to the origin that the call is made for, not to others that redirects lead to; they are not kept; and they
/// win over kept cookies of the same name. A name or value that a field could not carry (a semicolon, a comma in a name,
/// white space around, control characters) fails the call with ``InvalidCookie`` before anything is sent.
public struct CallCookies: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// Names with values, in the order in which they are sent.
    public private(set) var pairs: [Pair] = []

    /// One cookie.
    public struct Pair: Sendable, Hashable {
        /// A token (RFC 6265 §4.1.1).
        public var name: String
        /// As it is sent.
        public var value: String
    }

    /// No cookies.
    public init() {}

    /// The pairs in the order of the literal; of a name that repeats, the last counts.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// The pairs of a dictionary, by name.
    public init(_ dictionary: [String: String]) {
        for (name, value) in dictionary.sorted(by: { $0.key < $1.key }) { self[name] = value }
    }

    /// Whether there are none.
    public var isEmpty: Bool { pairs.isEmpty }

    /// The value under a name; `nil` takes it away.
    public subscript(name: String) -> String? {
        get { pairs.first { $0.name == name }?.value }
        set {
            let index = pairs.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append(Pair(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// `fields` with these cookies behind those of a `Cookie` field that is there.
    func added(to fields: HTTPFields) throws(InvalidCookie) -> HTTPFields {
        guard !isEmpty else { return fields }
        var limits = CookieLimits()
        limits.pair = limits.field
        var parts = fields[values: .cookie]
        for pair in pairs {
            let cookie = Cookie(pair.name, pair.value, domain: "")
            guard pair.name.utf8.allSatisfy({ $0.isCookieNameByte }), cookie.canBeSent(limits) else {
                throw InvalidCookie(name: pair.name)
            }
            parts.append("\(pair.name)=\(pair.value)")
        }
        var fields = fields
        fields[fields: .cookie] = [HTTPField(name: .cookie, value: parts.joined(separator: "; "))]
        return fields
    }
}

/// A cookie that a field could not carry. Never shows the value, which may be a secret.
public struct InvalidCookie: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name as it was given.
    public let name: String
    /// What is wrong.
    public var description: String {
        "the cookie \(name.debugDescription) has a name or value that a Cookie field cannot carry (RFC 6265 §4.1.1): "
            + "no semicolons, control characters or white space around"
    }
}

extension UInt8 {
    /// What may stand in the name of a cookie: more than a token, since servers use more; but nothing that would end it.
    fileprivate var isCookieNameByte: Bool {
        self > 0x20 && self != 0x7f && self != UInt8(ascii: "=") && self != UInt8(ascii: ";")
            && self != UInt8(ascii: ",")
    }
}
