import Wire

/// A link to another resource (RFC 8288), from a `Link` field.
///
///     let next = response.links["next"]?.url
public struct Link: Sendable, Hashable {
    /// What it leads to, as the field has it.
    public let reference: String
    /// The same, resolved; `nil` if it is no http or https URL.
    public let url: HTTPURL?
    /// What it means: `next`, `preload`, or URLs of meanings of one's own; in lower case, but for URLs.
    public let relations: [String]
    /// The other parameters, names in lower case, in order. `title` and others with a charset are decoded already.
    public let parameters: [Parameter]

    /// One parameter.
    public struct Parameter: Sendable, Hashable {
        /// In lower case.
        public let name: String
        /// Without quotation marks.
        public let value: String
    }

    /// The first parameter of that name: `title`, `type`, `hreflang`, `anchor`, `media`.
    public subscript(name: String) -> String? { parameters.first { $0.name == name.lowercased() }?.value }

    /// The links of some fields' values, in order. What is no link is left out, and what follows it is read all the same.
    static func all(in values: [String], base: HTTPURL?) -> [Link] {
        var links: [Link] = []
        for value in values {
            var rest = Array(value.utf8)[...]
            while true {
                rest = rest.drop { $0.isBlank || $0 == .comma }
                guard let first = rest.first else { break }
                guard first == UInt8(ascii: "<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) else {
                    // Up to the next comma that is not between quotation marks.
                    rest = rest.drop { $0 != .comma && $0 != .semicolon }
                    _ = FieldParameters(&rest)
                    continue
                }
                let reference = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
                rest = rest[(end + 1)...]
                links.append(Link(reference, FieldParameters(&rest), base))
            }
        }
        return links
    }

    private init(_ reference: String, _ given: FieldParameters, _ base: HTTPURL?) {
        self.reference = reference
        // Only the first `rel` counts (RFC 8288 §3.3).
        relations = (given["rel"] ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" })
            .map { $0.contains(":") ? String($0) : $0.lowercased() }
        var parameters: [Parameter] = []
        for pair in given.pairs where pair.name != "rel" {
            let name = pair.name.hasSuffix("*") ? String(pair.name.dropLast()) : pair.name
            // hreflang may repeat; of the others the first counts (RFC 8288 §3.4.1).
            if name != "hreflang", parameters.contains(where: { $0.name == name }) { continue }
            let value = name == "hreflang" ? pair.value : given.text(name) ?? pair.value
            parameters.append(Parameter(name: name, value: value))
        }
        self.parameters = parameters
        url = base.flatMap { base in try? base.resolving(reference) } ?? (try? HTTPURL(reference))
    }
}

/// The links of a response, in the order in which they came.
public struct Links: Sendable, Hashable, RandomAccessCollection {
    private let links: [Link]
    init(_ links: [Link]) { self.links = links }

    /// The first with that relation, whatever its case.
    public subscript(relation: String) -> Link? { links.first { $0.relations.contains(relation.lowercased()) } }
    /// Where the links begin.
    public var startIndex: Int { links.startIndex }
    /// Where they end.
    public var endIndex: Int { links.endIndex }
    /// The link at a place.
    public subscript(position: Int) -> Link { links[position] }
}
