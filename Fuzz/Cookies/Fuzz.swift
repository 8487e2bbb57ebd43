import FuzzSupport
import TernCore

/// `Set-Cookie` lines from a server, into the jar and out of it again: what is sent back is a valid field value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Input(start, count)
    let lines = String(decoding: input.rest, as: UTF8.self).split(separator: "\n").map(String.init)
    guard let url = try? HTTPURL("https://www.a.test/b/c") else { return 0 }
    let jar = MemoryCookies()
    jar.store(lines, from: url, at: 1_700_000_000)
    let value = jar.fieldValue(for: Request(method: .get, url: url), at: 1_700_000_001)
    if let value, !HTTPField.isValidValue(value) { fatalError("\(value.debugDescription) is no field value") }
    for cookie in jar.all where cookie.name.isEmpty && cookie.value.isEmpty { fatalError("an empty cookie") }
    return 0
}
