/// Which connection a listener's connection ids belong to, by number. Connections write it as they give ids out.
final class QUICRoutes {
    private var numbers: [[UInt8]: UInt64] = [:]
    private var ids: [UInt64: Set<[UInt8]>] = [:]

    func change(_ id: [UInt8], isAdded: Bool, number: UInt64) {
        if isAdded {
            numbers[id] = number
            ids[number, default: []].insert(id)
        } else if numbers[id] == number {
            numbers[id] = nil
            ids[number]?.remove(id)
        }
    }

    func number(of id: [UInt8]) -> UInt64? { numbers[id] }

    func forget(_ number: UInt64) {
        for id in ids.removeValue(forKey: number) ?? [] { numbers[id] = nil }
    }
}
