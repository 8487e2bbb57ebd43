/// A bare item of a structured field (RFC 9651 §3.3).
package enum BareItem: Hashable, Sendable {
    /// Up to 15 digits.
    case integer(Int64)
    /// In thousandths: three digits after the point are all there can be.
    case decimal(thousandths: Int64)
    /// Printable ASCII between quotation marks.
    case string(String)
    /// A word: a letter or `*`, then what tokens have, colons and slashes.
    case token(String)
    /// Bytes, base64 between colons.
    case bytes([UInt8])
    /// `?1` or `?0`.
    case boolean(Bool)
    /// Seconds since 1970.
    case date(Int64)
    /// Text of Unicode.
    case displayString(String)

    /// The number, if it is one.
    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .decimal(let thousandths): Double(thousandths) / 1_000
        default: nil
        }
    }

    /// The text of a string or a token.
    package var text: String? {
        switch self {
        case .string(let text), .token(let text), .displayString(let text): text
        default: nil
        }
    }
}

/// Names with values, in the order in which the names came first; of a name that repeats, the last value counts.
package struct StructuredMap<Value: Hashable & Sendable>: Hashable, Sendable {
    /// The pairs, in order.
    package private(set) var pairs: [Pair] = []
    private var places: [String: Int] = [:]

    /// A name with its value.
    package struct Pair: Hashable, Sendable {
        /// Lower-case letters, digits and `_-.*`.
        package let name: String
        /// Its value.
        package var value: Value
    }

    /// Nothing.
    package init() {}

    /// The value under a name.
    package subscript(name: String) -> Value? {
        get { places[name].flatMap { pairs.indices.contains($0) ? pairs[$0].value : nil } }
        set {
            guard let newValue else { return }
            if let place = places[name], pairs.indices.contains(place) {
                pairs[place].value = newValue
            } else {
                places[name] = pairs.count
                pairs.append(Pair(name: name, value: newValue))
            }
        }
    }
}

/// An item with its parameters (RFC 9651 §3.3).
package struct StructuredItem: Hashable, Sendable {
    /// The item itself.
    package var value: BareItem
    /// What stands behind it: `;name=value`.
    package var parameters: StructuredMap<BareItem>
}

/// A member of a list or a dictionary (RFC 9651 §3.1).
package enum StructuredMember: Hashable, Sendable {
    /// One item.
    case item(StructuredItem)
    /// Items between parentheses, with parameters of their own.
    case innerList([StructuredItem], StructuredMap<BareItem>)

    /// The parameters, of whichever it is.
    package var parameters: StructuredMap<BareItem> {
        switch self {
        case .item(let item): item.parameters
        case .innerList(_, let parameters): parameters
        }
    }

    /// The item, if it is one.
    package var item: StructuredItem? { if case .item(let item) = self { item } else { nil } }
}

/// Why a field is no structured field. The whole field is to be ignored then (RFC 9651 §4.2).
package struct StructuredFieldError: Error, Hashable, CustomStringConvertible {
    /// What was expected.
    package let message: String
    /// At which byte.
    package let offset: Int
    package var description: String { "\(message) at byte \(offset)" }
}
