import CIDN2

/// International host names by UTS 46 without transitional mapping, checked by IDNA 2008 (libidn2).
enum IDN {
    /// Why libidn2 refused a name.
    struct Refusal: Error {
        let message: String
    }

    /// The longest name that is worth asking about, in bytes of UTF-8: four for each octet that DNS can carry.
    static let longestName = 1_016

    /// The A-label form of `name`, in ASCII and lower case. The result may hold any ASCII character, since the
    /// mapping turns some letters into punctuation (U+2100 into "a/c"): the caller checks it as it would a host.
    static func toASCII(_ name: ArraySlice<UInt8>) throws(Refusal) -> [UInt8] {
        guard name.count <= longestName else { throw Refusal(message: "it is longer than a host name can be") }
        var output: UnsafeMutablePointer<UInt8>?
        let flags = IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue
        let code = unsafe idn2_lookup_u8(Array(name) + [0], &output, CInt(flags))
        defer { unsafe idn2_free(output) }
        guard code == IDN2_OK.rawValue, let output = unsafe output else {
            let message = unsafe idn2_strerror(code).map { unsafe String(cString: $0) }
            throw Refusal(message: "IDNA refuses it: \(message ?? "code \(code)")")
        }
        var ascii: [UInt8] = []
        var position = 0
        while unsafe output[position] != 0 {
            unsafe ascii.append(output[position])
            position += 1
        }
        return ascii
    }
}
