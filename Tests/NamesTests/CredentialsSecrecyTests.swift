import Foundation
import Testing

@testable import Names

@Suite("User and password are never shown")
struct CredentialsSecrecyTests {
    @Test("no text of a URL has user or password")
    func texts() throws {
        let url = try HTTPURL("http://s3cret-user:s3cret-pass@a/x#y")
        #expect(url.credentials?.password == "s3cret-pass")
        var dumped = ""
        dump(url, to: &dumped)
        dump(url.credentials, to: &dumped)
        for text in [
            "\(url)", String(reflecting: url), url.absoluteString, url.authority, url.origin.description, dumped,
            "\(String(describing: url.credentials))", String(reflecting: url.credentials),
            String(decoding: try JSONEncoder().encode([url]), as: UTF8.self),
        ] { #expect(!text.contains("s3cret"), "\(text)") }
    }

    @Test(
        "no message has user or password",
        arguments: [
            "http://hidden:hidden@a:x/", "http://hidden:hid/den@a/", "http://hidden:hid#den?@a", "//hidden:hidden@a/",
            "hidden:hidden@a", "ftp://hidden:hidden@a", "http:/hidden:hidden@a", "http:\\\\hidden:hidden@a",
            " http://hidden:hidden@a:x", "http://hidden:hidden@\u{301}a/", "http://hidden:hidden@@a",
            "http://hidden:hidden\n@a", "http:hidden:hidden@a",
        ])
    func messages(given: String) {
        let error = #expect(throws: HTTPURLError.self) { try HTTPURL(given) }
        #expect(error?.description.contains("hid") == false, "\(String(describing: error))")
        #expect("\(String(reflecting: error))".contains("hid") == false)
    }

    @Test("a message shows the rest of the URL, escaped and cut")
    func message() {
        let error = #expect(throws: HTTPURLError.self) { try HTTPURL("http://u:p@a/\u{1B}[31m\u{202E}x") }
        #expect(
            error?.description
                == "not an http(s) URL: a control character at byte 13 in \"http://a/\\u{1B}[31m\\u{202E}x\"")
        #expect(HTTPURLError.presentable("http://exa mple/@me") == "http://exa mple/@me")
        #expect(HTTPURLError.presentable(String(repeating: "a", count: 999)).count == 201)
    }

    @Test("a relative reference keeps them, another authority does not")
    func resolving() throws {
        let url = try HTTPURL("http://u:p@a/x")
        #expect(try url.resolving("y").credentials?.user == "u")
        #expect(try url.resolving("?y").credentials?.user == "u")
        #expect(try url.resolving("//a/y").credentials == nil)
        #expect(try url.resolving("http://a/y").credentials == nil)
        #expect(try url.appending(path: "y").credentials?.user == "u")
        #expect(try url.appending(query: [("y", "z")]).credentials?.user == "u")
        #expect(url.removingCredentials().credentials == nil)
        #expect(url.removingFragment().credentials?.password == "p")
    }

    @Test("a URL is coded as one string, and comes back equal")
    func coding() throws {
        let urls = try [
            HTTPURL("http://u:p@a/x?y#z"), HTTPURL("https://[::1]:1/"), HTTPURL("http://a/b/../c", pathAsIs: true),
        ]
        let data = try JSONEncoder().encode(urls)
        #expect(try JSONDecoder().decode([HTTPURL].self, from: data) == urls)
        #expect(throws: HTTPURLError.self) {
            try JSONDecoder().decode([HTTPURL].self, from: Data(#"["ftp://a"]"#.utf8))
        }
    }
}
