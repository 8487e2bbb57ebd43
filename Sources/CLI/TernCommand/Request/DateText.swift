/// Dates as people and servers write them, without regard to the order of their parts, as curl reads them:
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `06-Nov-94`, `Nov 6 1994 08:49`, `19941106`, `1994-11-06`, `6 November 1994 +0200`.
enum DateText {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    /// Zones by name, in minutes east of Greenwich.
    private static let zones = [
        "gmt": 0, "utc": 0, "z": 0, "wet": 0, "bst": 60, "cet": 60, "met": 60, "mez": 60, "cest": 120, "mest": 120,
        "mesz": 120, "eet": 120, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
        "pst": -480, "pdt": -420,
    ]

    /// Seconds since 1970; `nil` if it is no date.
    static func seconds(of text: String) -> Int64? {
        var date = Parts()
        var rest = text.utf8[...]
        var before: UInt8?
        while let byte = rest.first {
            switch byte {
            case 0x41...0x5a, 0x61...0x7a:
                let word = rest.prefix { 0x41...0x5a ~= $0 || 0x61...0x7a ~= $0 }
                guard date.take(word: String(decoding: word, as: UTF8.self).lowercased()) else { return nil }
                rest = rest.dropFirst(word.count)
            case 0x30...0x39:
                let number = rest.prefix { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ":") }
                guard date.take(number: String(decoding: number, as: UTF8.self), behind: before) else { return nil }
                rest = rest.dropFirst(number.count)
            default: rest = rest.dropFirst()
            }
            before = byte
        }
        return date.seconds
    }

    /// As HTTP writes it (RFC 9110 §5.6.7).
    static func text(of seconds: Int64) -> String {
        let day = Int64((Double(seconds) / 86_400).rounded(.down))
        let inDay = seconds - day * 86_400
        // Days to a date of the civil calendar; years begin in March, eras have 400 of them.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        let date = ofYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekday = ((day % 7) + 7 + 3) % 7
        let name = { (names: [String], index: Int64) in
            names[Int(index)].prefix(1).uppercased() + names[Int(index)].dropFirst()
        }
        let two = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(name(days, weekday)), \(two(date)) \(name(months, month - 1)) \(year) "
            + "\(two(inDay / 3_600)):\(two(inDay / 60 % 60)):\(two(inDay % 60)) GMT"
    }

    /// What was found so far.
    private struct Parts {
        var year: Int64?
        var month: Int64?
        var day: Int64?
        var time: Int64?
        /// Seconds east of Greenwich.
        var zone: Int64?

        mutating func take(word: String) -> Bool {
            if let index = months.firstIndex(where: { word.hasPrefix($0) && isName(word) }), month == nil {
                month = Int64(index + 1)
                return true
            }
            if days.contains(where: { word.hasPrefix($0) }) { return true }
            if let minutes = zones[word], zone == nil {
                zone = Int64(minutes) * 60
                return true
            }
            // Between a date and a time of RFC 3339.
            return word == "t"
        }

        private func isName(_ word: String) -> Bool { word.count <= 9 }

        mutating func take(number text: String, behind before: UInt8?) -> Bool {
            if text.contains(":") {
                let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
                guard time == nil, (2...3).contains(parts.count), let hours = parts[0], let minutes = parts[1],
                    hours < 24, minutes < 60
                else { return false }
                let seconds = parts.count == 3 ? parts[2] : 0
                guard let seconds, seconds <= 60 else { return false }
                time = hours * 3_600 + minutes * 60 + seconds
                return true
            }
            guard let number = Int64(text) else { return false }
            let isSigned = before == UInt8(ascii: "+") || before == UInt8(ascii: "-")
            if isSigned, text.count == 4, time != nil, zone == nil, number % 100 < 60, number <= 1_400 {
                let seconds = (number / 100 * 60 + number % 100) * 60
                zone = before == UInt8(ascii: "+") ? seconds : -seconds
                return true
            }
            if text.count == 8, year == nil, month == nil, day == nil {
                (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
                return true
            }
            // 1994-11-06
            if before == UInt8(ascii: "-"), year != nil, month == nil, day == nil, 1...12 ~= number {
                month = number
                return true
            }
            if day == nil, 1...31 ~= number, text.count <= 2 {
                day = number
                return true
            }
            guard year == nil else { return false }
            // Two digits: from 1971 to 2070.
            year = number >= 100 ? number : number > 70 ? 1_900 + number : 2_000 + number
            return true
        }

        var seconds: Int64? {
            guard let year, let month, let day, 1...12 ~= month, 1...31 ~= day, 1_583...9_999 ~= year else {
                return nil
            }
            let shifted = month <= 2 ? year - 1 : year
            let era = shifted / 400
            let yearOfEra = shifted - era * 400
            let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
            let ofEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear
            return (era * 146_097 + ofEra - 719_468) * 86_400 + (time ?? 0) - (zone ?? 0)
        }
    }
}
