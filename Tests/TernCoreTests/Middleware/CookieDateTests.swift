import Testing

@testable import TernCore

@Suite struct CookieDateTests {
    @Test(
        "the three forms of RFC 9110 §5.6.7, and the corners of the calendar",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1), ("Mon, 01 Jan 1601 00:00:00 GMT", -11_644_473_600),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000), ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("01 Jan 69 00:00:00", 3_124_224_000),
            ("01 Jan 70 00:00:00", 0), ("1 jan 2000 0:0:0", 946_684_800), ("1 jan 2000 00:00:00x", 946_684_800),
        ])
    func reads(text: String, seconds: Int64) { #expect(CookieDate.parse(text) == seconds) }

    @Test(
        "these are no dates",
        arguments: [
            "", "GMT", "Sun, 06 Nov 1994", "06 1994 08:49:37", "Nov 1994 08:49:37", "06 Nov 08:49:37",
            "00 Jan 2000 00:00:00", "32 Jan 2000 00:00:00", "29 Feb 2023 00:00:00", "29 Feb 1900 00:00:00",
            "31 Apr 2000 00:00:00", "01 Jan 1600 00:00:00", "01 Jan 2000 24:00:00", "01 Jan 2000 00:60:00",
            "01 Jan 2000 00:00:60", "01 Jan 2000 00:00", "01 Jan 2000 00:00:", "01 Jan 20000 00:00:00",
            "01 \u{660}1 Jan 00:00:00",
        ])
    func refuses(text: String) { #expect(CookieDate.parse(text) == nil) }
}
