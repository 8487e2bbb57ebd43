import Wire

/// A moment as curl's file writes it, in GMT: `20261231 10:00:00`.
struct CivilTime: CustomStringConvertible {
    let description: String

    /// The text of a moment in seconds since 1970, from the year 1970 to 9999; what lies outside counts as the end of
    /// that time.
    init(_ seconds: Int64) {
        let clamped = min(max(seconds, 0), Self.last)
        let (days, rest) = clamped.quotientAndRemainder(dividingBy: 86_400)
        // Days since 1970 to year, month and day (proleptic Gregorian calendar), in years that begin in March.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        description =
            "\(Self.padded(year, 4))\(Self.padded(month, 2))\(Self.padded(day, 2)) "
            + "\(Self.padded(rest / 3_600, 2)):\(Self.padded(rest / 60 % 60, 2)):\(Self.padded(rest % 60, 2))"
    }

    /// 31 December 9999, a second before its end.
    private static let last: Int64 = 253_402_300_799

    /// Reads the text; nil if it is no such moment.
    static func seconds(_ text: Substring) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 17, bytes[8] == .space, bytes[11] == .colon, bytes[14] == .colon,
            let year = number(bytes[0..<4]), let month = number(bytes[4..<6]), let day = number(bytes[6..<8]),
            let hour = number(bytes[9..<11]), let minute = number(bytes[12..<14]), let second = number(bytes[15..<17]),
            1_970...9_999 ~= year, 1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second <= 60
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        digits.allSatisfy(\.isDigit) ? Int64(String(decoding: digits, as: UTF8.self)) : nil
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
