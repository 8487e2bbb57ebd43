import Glibc
import TernCore

/// What `--time-cond` asks for: something newer than a date, or no newer.
struct TimeCondition: Equatable {
    /// Seconds since 1970.
    var time: Int64
    var wantsNewer: Bool

    /// A date, or a file whose time counts; with `-` in front, what has not changed since. `nil` if it is neither.
    init?(_ text: String) {
        let isReversed = text.hasPrefix("-")
        let text = isReversed || text.hasPrefix("+") || text.hasPrefix("=") ? String(text.dropFirst()) : text
        wantsNewer = !isReversed
        if let seconds = DateText.seconds(of: text) {
            time = seconds
        } else {
            var status = stat()
            guard unsafe stat(text, &status) == 0 else { return nil }
            time = Int64(status.st_mtim.tv_sec)
        }
    }

    /// The field that says so (RFC 9110 §13.1.3, §13.1.4).
    var field: (name: Headers.Name, value: String) {
        (wantsNewer ? .ifModifiedSince : "If-Unmodified-Since", DateText.text(of: time))
    }

    func isMet(by modified: Int64) -> Bool { wantsNewer ? modified > time : modified <= time }
}
