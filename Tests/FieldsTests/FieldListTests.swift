import Fields
import HTTPTypes
import Testing
import Wire

@Suite("The fields of one head after the other")
struct FieldListTests {
    private func head(_ fields: [(String, String)], _ list: inout FieldList, _ cache: inout FieldCache) -> HTTPFields {
        list.begin(cache)
        for (name, value) in fields { list.append(Array(name.utf8).span, Array(value.utf8).span, &cache) }
        #expect(list.count == fields.count)
        return list.end(&cache)
    }

    private func pairs(_ fields: HTTPFields) -> [String] { fields.map { "\($0.name.canonicalName)=\($0.value)" } }

    @Test("every head has its own fields, whatever came before it")
    func ownFields() {
        var list = FieldList()
        var cache = FieldCache()
        let heads: [[(String, String)]] = [
            [("a", "1"), ("b", "2")], [("a", "1"), ("b", "2")], [("a", "1")], [("a", "1"), ("b", "2"), ("c", "3")], [],
            [("b", "2"), ("a", "1")], [("a", "1"), ("a", "1"), ("a", "2")], [("c", "3"), ("b", "2")],
            [("long", String(repeating: "x", count: 300)), ("a", "1")],
            [("long", String(repeating: "x", count: 300)), ("a", "1")],
        ]
        for round in 0..<3 {
            for fields in heads {
                #expect(
                    pairs(head(fields, &list, &cache)) == fields.map { "\($0.0)=\($0.1)" }, "round \(round): \(fields)")
            }
        }
    }

    @Test("heads that come side by side over one cache do not mix")
    func sideBySide() {
        var cache = FieldCache()
        var first = FieldList()
        var second = FieldList()
        _ = head([("a", "1"), ("b", "2")], &first, &cache)
        first.begin(cache)
        second.begin(cache)
        for (name, value) in [("a", "1"), ("b", "2")] {
            first.append(Array(name.utf8).span, Array(value.utf8).span, &cache)
            second.append(Array("c".utf8).span, Array(value.utf8).span, &cache)
        }
        #expect(pairs(second.end(&cache)) == ["c=1", "c=2"])
        #expect(pairs(first.end(&cache)) == ["a=1", "b=2"])
    }

    @Test("a head that is given up leaves nothing behind")
    func givenUp() {
        var list = FieldList()
        var cache = FieldCache()
        list.begin(cache)
        list.append(Array("a".utf8).span, Array("1".utf8).span, &cache)
        #expect(pairs(head([("b", "2")], &list, &cache)) == ["b=2"])
    }

    @Test("more fields than are kept, many times over, come out as they went in")
    func manyFields() {
        var list = FieldList()
        var cache = FieldCache()
        for round in 0..<40 {
            let fields = (0..<50).map { ("name-\($0 % 7)", "value \(round * 50 + $0)") }
            #expect(pairs(head(fields, &list, &cache)) == fields.map { "\($0.0)=\($0.1)" })
        }
    }
}
