import Testing

@testable import Names

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "an address is printed in canonical form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),  // the first of two runs
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),  // one group is not shortened
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("0:0:1::", "0:0:1::"), ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:c000:0201", "::ffff:192.0.2.1"), ("::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ])
    func canonicalText(given: String, expected: String) throws {
        let address = try #require(IPAddress(given))
        #expect(address.description == expected)
        #expect(IPAddress(expected) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", ".", "1", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "01.2.3.4", "00.0.0.0", "1.2.3.256", "1.2.3.0x4", "1..2.3",
            "1.2.3.+4", " 1.2.3.4", ":", ":::", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::",
            "g::", "::1%eth0", "[::1]", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5", "::01.2.3.4",
            "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "fe80::abc:def%254", "::ffff:127.0.0.4000",
        ])
    func refused(text: String) { #expect(IPAddress(text) == nil) }

    @Test("bytes are in network order")
    func bytes() {
        #expect(IPAddress("1.2.3.4")?.bytes == [1, 2, 3, 4])
        #expect(IPAddress("2001:db8::ff")?.bytes == [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF])
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test(
        "what is not of the public Internet is private",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.8.8.8",
            "169.254.169.254", "192.0.0.8", "198.19.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fc00::1",
            "fdff::1",
            "fe80::1", "febf::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1",
            "192.0.2.1", "203.0.113.9", "192.88.99.1", "100::1", "2001:0:7f00:1::", "2001:db8::1", "3fff::1", "5f00::1",
            "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1",
        ])
    func isPrivate(text: String) throws { #expect(try #require(IPAddress(text)).isPrivate) }

    @Test(
        "an address of the public Internet is not private",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1", "128.0.0.1",
            "172.15.255.255", "172.32.0.0", "192.167.0.1", "192.169.0.1", "223.255.255.255", "2606:4700::1111",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::", "fbff::1",
        ])
    func isPublic(text: String) throws { #expect(try !#require(IPAddress(text)).isPrivate) }

    @Test("loopback is 127.0.0.0/8 and ::1, mapped or not")
    func loopback() throws {
        for text in ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(IPAddress(text)).isLoopback, "\(text)")
        }
        for text in ["128.0.0.1", "::", "::2", "10.0.0.1", "0.0.0.1", "::ffff:0.0.0.1"] {
            #expect(try !#require(IPAddress(text)).isLoopback, "\(text)")
        }
    }

    @Test(
        "a block contains what shares its prefix",
        arguments: [
            ("10.0.0.0/30", "10.0.0.3", true), ("10.0.0.0/30", "10.0.0.4", false), ("10.0.0.7/30", "10.0.0.4", true),
            ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false), ("::/0", "ffff::1", true),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.0", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false), ("2002:db8:a::45/64", "2002:db8:a:0:ffff::", true),
            ("::1/128", "::1", true), ("::1/128", "::", false), ("10.0.0.0/8", "::ffff:10.9.8.7", true),
            ("10.0.0.0/8", "::10.9.8.7", false), ("::ffff:0:0/96", "1.2.3.4", false),
        ])
    func contains(block: String, address: String, expected: Bool) throws {
        #expect(try #require(AddressBlock(block)).contains(#require(IPAddress(address))) == expected)
    }

    @Test("a block is printed with its first address")
    func blockText() {
        #expect(AddressBlock("10.1.2.3/8")?.description == "10.0.0.0/8")
        #expect(AddressBlock("2001:DB8::1")?.description == "2001:db8::1/128")
        #expect(AddressBlock.nonPublic.count == 27, "a block of the table did not parse")
    }

    @Test(
        "what is no block is refused",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10/8", "1.2.3.4/8/8",
        ])
    func blockRefused(text: String) { #expect(AddressBlock(text) == nil) }
}
