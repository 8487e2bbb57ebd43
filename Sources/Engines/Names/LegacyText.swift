import Glibc

/// Text in the encodings that were in use before UTF-8, by the C library's converter (iconv): those of the web that have
/// several bytes a character, and the rarer ones of one byte.
package enum LegacyText {
    /// The converter's name for a label of WHATWG Encoding §4.2, in lower case; `nil` for one that is not known.
    package static func encoding(_ label: String) -> String? { encodings[label] }

    /// The text of `bytes`; what is invalid becomes U+FFFD. `nil` if the system has no converter for `encoding`.
    package static func decode(_ bytes: [UInt8], _ encoding: String) -> String? {
        let invalid = unsafe iconv_t(bitPattern: -1)
        let converter = unsafe iconv_open("UTF-8", encoding)
        guard let converter = unsafe converter, unsafe converter != invalid else { return nil }
        defer { unsafe iconv_close(converter) }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count * 2)
        var input = bytes
        var chunk = [UInt8](repeating: 0, count: 4_096)
        var position = 0
        while position < input.count {
            let (read, written, code) = unsafe input.withUnsafeMutableBytes { source in
                unsafe chunk.withUnsafeMutableBytes { target in
                    var from = unsafe source.baseAddress.map {
                        unsafe ($0 + position).assumingMemoryBound(to: CChar.self)
                    }
                    var to = unsafe target.baseAddress?.assumingMemoryBound(to: CChar.self)
                    var left = source.count - position
                    var room = target.count
                    let before = left
                    let result = unsafe iconv(converter, &from, &left, &to, &room)
                    return (before - left, target.count - room, result == -1 ? errno : 0)
                }
            }
            output += chunk[..<written]
            position += read
            switch code {
            case 0, E2BIG: break
            case EILSEQ, EINVAL:
                // A sequence that is wrong, or that the end cut off: its first octet stands for it.
                output += [0xef, 0xbf, 0xbd]
                position += 1
            default: return nil
            }
        }
        // Some converters hold a character back, since a mark may follow that joins it.
        let rest = unsafe chunk.withUnsafeMutableBytes { target in
            var to = unsafe target.baseAddress?.assumingMemoryBound(to: CChar.self)
            var room = target.count
            _ = unsafe iconv(converter, nil, nil, &to, &room)
            return target.count - room
        }
        return String(decoding: output + chunk[..<rest], as: UTF8.self)
    }

    private static let encodings: [String: String] = {
        var encodings: [String: String] = [:]
        for (name, labels) in table {
            for label in labels.split(separator: " ") { encodings[String(label)] = name }
        }
        return encodings
    }()

    /// The converter's name, and the labels that mean it.
    private static let table = [
        ("GB18030", "gbk chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk gb18030"),
        ("BIG5-HKSCS", "big5 big5-hkscs cn-big5 csbig5 x-x-big5"),
        ("EUC-JP", "euc-jp cseucpkdfmtjapanese x-euc-jp"),
        ("ISO-2022-JP", "iso-2022-jp csiso2022jp"),
        ("CP932", "shift_jis csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis"),
        (
            "UHC",
            "euc-kr cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"
        ),
        ("CP866", "ibm866 866 cp866 csibm866"),
        ("ISO-8859-3", "iso-8859-3 csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3"),
        ("ISO-8859-4", "iso-8859-4 csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4"),
        (
            "ISO-8859-5",
            "iso-8859-5 csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988"
        ),
        (
            "ISO-8859-6",
            "iso-8859-6 arabic asmo-708 csisolatinarabic ecma-114 iso-ir-127 iso8859-6 iso88596 iso_8859-6"
        ),
        (
            "ISO-8859-7",
            "iso-8859-7 csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso8859-7 iso88597 iso_8859-7"
        ),
        (
            "ISO-8859-8",
            "iso-8859-8 csisolatinhebrew hebrew iso-ir-138 iso8859-8 iso88598 iso_8859-8 visual iso-8859-8-i logical"
        ),
        ("ISO-8859-10", "iso-8859-10 csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6"),
        ("ISO-8859-13", "iso-8859-13 iso8859-13 iso885913"),
        ("ISO-8859-14", "iso-8859-14 iso8859-14 iso885914"),
        ("ISO-8859-16", "iso-8859-16"),
        ("KOI8-U", "koi8-u koi8-ru"),
        ("MACINTOSH", "macintosh csmacintosh mac x-mac-roman"),
        ("MAC-CYRILLIC", "x-mac-cyrillic x-mac-ukrainian"),
        ("CP874", "windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620"),
        ("CP1253", "windows-1253 cp1253 x-cp1253"),
        ("CP1254", "windows-1254 cp1254 x-cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 l5 latin5"),
        ("CP1255", "windows-1255 cp1255 x-cp1255"),
        ("CP1256", "windows-1256 cp1256 x-cp1256"),
        ("CP1257", "windows-1257 cp1257 x-cp1257"),
        ("CP1258", "windows-1258 cp1258 x-cp1258"),
    ]
}
