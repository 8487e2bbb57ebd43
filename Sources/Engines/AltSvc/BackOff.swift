/// How long an alternative is left alone after attempts that failed: 5 minutes, doubled with each failure in a row, up
/// to 48 hours, as Chromium has it.
package enum BackOff {
    /// Seconds after the first failure.
    package static let first: Int64 = 300
    /// Seconds after many.
    package static let longest: Int64 = 48 * 3_600

    /// Seconds after so many failures in a row; 0 after none.
    package static func seconds(after failures: Int) -> Int64 {
        guard failures > 0 else { return 0 }
        // 300 s doubled ten times is more than 48 h.
        return min(first << Int64(min(failures - 1, 10)), longest)
    }
}
