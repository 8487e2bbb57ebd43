import CPSL

/// The public suffix list (publicsuffix.org): names below which people register domains of their own, `com`, `co.uk`
/// or `github.io`, so that nobody may set cookies for all that lies below one.
///
/// The list of the system where there is one (Debian's `publicsuffix`, which is kept up to date), else the one that
/// libpsl was built with. It is read once, at the first question. Names are ASCII in lower case, as in
/// ``HTTPURL/host``; a dot at their end is left out. Addresses are no names: the caller asks about names.
package enum PublicSuffixList {
    /// Whether `domain` is a public suffix. A name of one label always is, whether it is on the list or not: `localhost`.
    package static func contains(_ domain: String) -> Bool {
        let name = plain(domain)
        guard name.utf8.contains(UInt8(ascii: ".")) else { return true }
        return unsafe psl_is_public_suffix(list.pointer, name) != 0
    }

    /// The shortest name that ends `host` and that somebody can own: `example.co.uk` for `www.example.co.uk`; nil if
    /// `host` is a public suffix itself.
    package static func registrableDomain(of host: String) -> String? {
        let name = plain(host)
        // Labels without letters are no names, and libpsl would take them for some.
        guard !name.isEmpty, !name.utf8.starts(with: ".".utf8) else { return nil }
        return unsafe name.withCString { text in
            // What comes back points into `text`.
            guard let found = unsafe psl_registrable_domain(list.pointer, text) else { return nil }
            return unsafe String(cString: found)
        }
    }

    private static func plain(_ name: String) -> String {
        name.utf8.last == UInt8(ascii: ".") ? String(name.dropLast()) : name
    }

    private static let list = List()

    /// libpsl's list. Never freed: it is needed until the process ends, and reading it needs no lock.
    @safe private final class List: @unchecked Sendable {
        let pointer: OpaquePointer?
        init() {
            // The built-in list is empty in some builds of the library, and `psl_latest` falls back to it by itself.
            unsafe pointer = psl_latest(nil) ?? psl_builtin()
        }
    }
}
