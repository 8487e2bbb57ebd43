import Foundation
import Testing

@testable import StructuredFields

/// The vectors of the HTTP working group (github.com/httpwg/structured-field-tests). Run where the environment names
/// the folder.
@Suite(.enabled(if: Vectors.folder != nil, "the folder of public test vectors is not named by TERN_SUITES"))
struct StructuredFieldsTests {
    @Test("the working group's vectors are read as they say, or refused", arguments: Vectors.files)
    func vectors(file: String) throws {
        let url = URL(filePath: "\(try #require(Vectors.folder))/\(file)")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
        #expect(cases.count > 1)
        for entry in cases {
            let read = Vectors.read((entry.raw).joined(separator: ", "), entry.type)
            if entry.mustFail == true {
                #expect(read == nil, "\(entry.name)")
            } else if let read {
                #expect(read == entry.expected?.shown, "\(entry.name)")
            } else {
                #expect(entry.canFail == true, "\(entry.name)")
            }
        }
    }

    struct Case: Decodable {
        var name: String
        var raw: [String]
        var type: String
        var expected: Expected?
        var mustFail: Bool?
        var canFail: Bool?
        enum CodingKeys: String, CodingKey {
            case name, raw, expected
            case type = "header_type"
            case mustFail = "must_fail"
            case canFail = "can_fail"
        }
    }
}

/// What the vectors expect.
indirect enum Expected: Decodable {
    case list([Expected])
    case typed(String, Expected)
    case boolean(Bool)
    case number(Double)
    case text(String)

    private struct Typed: Decodable {
        var type: String
        var value: Expected
        enum CodingKeys: String, CodingKey {
            case type = "__type"
            case value
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([Expected].self) {
            self = .list(value)
        } else {
            let typed = try container.decode(Typed.self)
            self = .typed(typed.type, typed.value)
        }
    }

    /// In the form of ``Vectors/show(_:)``.
    var shown: String {
        switch self {
        case .list(let members): "[" + members.map(\.shown).joined(separator: ",") + "]"
        case .typed(let type, .text(let text)): "\(type)(\(text))"
        case .typed(let type, let value): "\(type)(\(value.shown))"
        case .boolean(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let text): "\"\(text)\""
        }
    }
}

enum Vectors {
    static let folder = ProcessInfo.processInfo.environment["TERN_SUITES"].map { "\($0)/structured-field-tests" }
    static let files = [
        "binary", "boolean", "date", "dictionary", "display-string", "examples", "item", "key-generated",
        "large-generated", "list", "listlist", "number-generated", "number", "param-dict", "param-list",
        "param-listlist", "string-generated", "string", "token-generated", "token",
    ].map { "\($0).json" }

    static func read(_ text: String, _ type: String) -> String? {
        switch type {
        case "item": (try? StructuredField.item(text)).map(show)
        case "list": (try? StructuredField.list(text)).map { "[" + $0.map(show).joined(separator: ",") + "]" }
        default:
            (try? StructuredField.dictionary(text)).map { map in
                "[" + map.pairs.map { "[\"\($0.name)\",\(show($0.value))]" }.joined(separator: ",") + "]"
            }
        }
    }

    static func show(_ member: StructuredMember) -> String {
        switch member {
        case .item(let item): show(item)
        case .innerList(let items, let parameters):
            "[[" + items.map(show).joined(separator: ",") + "],\(show(parameters))]"
        }
    }

    static func show(_ item: StructuredItem) -> String { "[\(show(item.value)),\(show(item.parameters))]" }

    static func show(_ parameters: StructuredMap<BareItem>) -> String {
        "[" + parameters.pairs.map { "[\"\($0.name)\",\(show($0.value))]" }.joined(separator: ",") + "]"
    }

    static func show(_ item: BareItem) -> String {
        switch item {
        case .integer, .decimal: "\(item.number ?? 0)"
        case .string(let text): "\"\(text)\""
        case .token(let text): "token(\(text))"
        case .bytes(let bytes): "binary(\(base32(bytes)))"
        case .boolean(let value): "\(value)"
        case .date(let seconds): "date(\(Double(seconds)))"
        case .displayString(let text): "displaystring(\(text))"
        }
    }

    private static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var text = ""
        var bits = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[bits >> count & 31])
            }
            bits &= (1 << count) - 1
        }
        if count > 0 { text.append(alphabet[bits << (5 - count) & 31]) }
        while text.count % 8 != 0 { text.append("=") }
        return text
    }
}
