import FuzzSupport
import Names

/// URLs, references, addresses and percent-encoding: what was printed means the same when it is read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let kind = input.choice()
    let text = String(decoding: input.rest, as: UTF8.self)
    switch kind % 4 {
    case 0: check(try? HTTPURL(text, pathAsIs: kind & 4 != 0))
    case 1:
        guard let base = try? HTTPURL("https://user:secret@a.test:8443/b/c/d;p?q#f") else { return 0 }
        check(try? base.resolving(text, pathAsIs: kind & 4 != 0))
        check(try? base.appending(path: text))
        check(try? base.appending(query: [(text, text)]))
    case 2:
        if let address = IPAddress(text) { mustBeEqual(IPAddress(address.description), address, "an address") }
        if let block = AddressBlock(text) { mustBeEqual(AddressBlock(block.description), block, "a block") }
    default:
        mustBeEqual(PercentEncoding.decode(PercentEncoding.encode(text)), text, "percent-encoding")
        let pairs = FormEncoding.decode(text)
        let again = FormEncoding.decode(FormEncoding.encode(pairs))
        mustBeEqual(again.map(\.0), pairs.map(\.0), "names of a form")
        mustBeEqual(again.map(\.1), pairs.map(\.1), "values of a form")
    }
    return 0
}

private func check(_ url: HTTPURL?) {
    guard let url else { return }
    for part in [url.absoluteString, url.authority, url.target, url.host] {
        if part.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { fatalError("a control character in \(part)") }
    }
    guard let again = try? HTTPURL(url.absoluteString, pathAsIs: true) else {
        fatalError("\(url.absoluteString) is no URL the second time")
    }
    mustBeEqual(again.absoluteString, url.absoluteString, "the URL")
    mustBeEqual(again.host, url.host, "the host")
    mustBeEqual(again.port, url.port, "the port")
    mustBeEqual(again.target, url.target, "the target")
    _ = (url.ipAddress, url.query, url.fragment, url.origin, url.removingCredentials(), url.removingFragment())
}
