/// Names with values, in order: the parameters of a query, and the fields of a form.
///
///     ["q": "terns", "page": 2, "tag": ["sea", "bird"], "after": cursor]
///
/// A list repeats its name. `nil` says that the item is not wanted: it is left out, and takes away what the session
/// has under that name.
public struct QueryItems: Sendable, Hashable {
    /// The items, in order.
    public private(set) var items: [Item] = []
    /// Names that were given `nil`.
    private(set) var removed: [String] = []

    /// One name with one value.
    public struct Item: Sendable, Hashable {
        /// Not encoded.
        public var name: String
        /// Not encoded.
        public var value: String
        /// A name with a value, neither encoded.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// No items.
    public init() {}

    /// Pairs, in order.
    public init(_ pairs: some Sequence<(String, String)>) { items = pairs.map { Item($0, $1) } }

    /// The pairs of a dictionary, by name: dictionaries have no order of their own.
    public init(_ dictionary: [String: String]) {
        items = dictionary.sorted { $0.key < $1.key }.map { Item($0.key, $0.value) }
    }

    /// Adds `name` with `value` at the end; several times for a list, not at all for `nil`.
    public mutating func append(_ name: String, _ value: (any QueryValue)?) {
        guard let value else { return removed.append(name) }
        for text in value.queryTexts { items.append(Item(name, text)) }
    }

    /// Whether there is nothing in it, not even a name to take away.
    public var isEmpty: Bool { items.isEmpty && removed.isEmpty }

    /// The values of `name`, in order.
    public subscript(name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    var pairs: [(String, String)] { items.map { ($0.name, $0.value) } }

    /// These items with those of `call` after them, which replace all of the same names.
    func merged(with call: QueryItems) -> QueryItems {
        guard !call.isEmpty else { return self }
        guard !isEmpty else { return call }
        let replaced = Set(call.items.map(\.name)).union(call.removed)
        var merged = self
        merged.items.removeAll { replaced.contains($0.name) }
        merged.items += call.items
        return merged
    }
}

extension QueryItems: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    /// The pairs in the order of the literal; names may repeat.
    public init(dictionaryLiteral elements: (String, (any QueryValue)?)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The pairs in the order of the literal.
    public init(arrayLiteral elements: (String, (any QueryValue)?)...) {
        for (name, value) in elements { append(name, value) }
    }
}

/// What may stand for the value of a ``QueryItems`` item: text, numbers, `true` and `false`, and lists of them.
public protocol QueryValue: Sendable {
    /// The texts to send, none, one or several, not encoded.
    var queryTexts: [String] { get }
}

extension QueryValue where Self: LosslessStringConvertible {
    /// The description.
    public var queryTexts: [String] { [description] }
}

extension String: QueryValue {}
extension Substring: QueryValue {}
extension Int: QueryValue {}
extension Int32: QueryValue {}
extension Int64: QueryValue {}
extension UInt: QueryValue {}
extension UInt64: QueryValue {}
extension Double: QueryValue {}
extension Bool: QueryValue {}
extension Array: QueryValue where Element: QueryValue {
    /// Those of all elements.
    public var queryTexts: [String] { flatMap(\.queryTexts) }
}
