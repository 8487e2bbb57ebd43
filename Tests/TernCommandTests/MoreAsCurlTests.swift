import TestKit
import Testing

/// The same command line with `curl` and `tern`: several transfers, what is resumed, and the rarer options.
@Suite("as curl does it, in more detail", .requires(.curl, .nginx, .hypercorn))
struct MoreAsCurlTests {
    private func compare(_ line: Line) async throws {
        let (curl, tern, said) = try await line.outcomes()
        #expect(tern == curl, "tern said: \(said)")
    }

    @Test(
        "sets and ranges in URLs, and the files that belong to them",
        arguments: [
            Line("-sS {nginx}/{method,host}"), Line("-sS {nginx}/bytes/[0-2] -o 'f#1'"),
            Line("-sS {nginx}/{method,host} -o 'a_#1_#2' -w '%{url} %{urlnum} %{filename_effective}\n'"),
            Line("-sS {hypercorn}/[08-10:2]{a,b} -w '%{url}\n' -o /dev/null"), Line("-sS {hypercorn}/[a-c] -o '#1.x'"),
            Line("-sS {nginx}/{method"), Line("-sS {nginx}/[3-1]"), Line("-sS {nginx}/method {nginx}/} {nginx}/host"),
            Line("-sS -O {nginx}/{method,host}"), Line("-sS {nginx}/method {nginx}/host -o one --create-dirs -o b/two"),
            Line("-sS -H Expect: -T '{lines.txt,data.json}' {hypercorn}/up/ -w '%{url} %{method}\n'"),
            Line("-sS -H Expect: -T lines.txt {hypercorn}/x {nginx}/method"),
            Line("-sS -T lines.txt -T '' {echo} {echo} -H Expect:"),
            Line("-sS -H Expect: -T lines.txt -T data.json {hypercorn}/x {hypercorn}/y"),
            Line("-sS -g '{hypercorn}/{a,b}' -o '#1'"), Line("-sS --output-dir . {nginx}/{method,host} -o '#1'"),
        ])
    func globs(_ line: Line) async throws { try await compare(line) }

    @Test(
        "--next and configuration files",
        arguments: [
            Line("-sS -d a=1 {echo} --next {echo}"), Line("-sS {nginx}/method -: -sS -X PUT {nginx}/method"),
            Line("-sS --next {nginx}/method"), Line("-sS http://127.0.0.1:1/ --next -sS {nginx}/method"),
            Line("-sS {nginx}/method --next -sS http://127.0.0.1:1/"),
            Line("-sS -o a {nginx}/method --next -sS -o b {nginx}/host"),
            Line("-sS -b '' {nginx}/redirect/with-cookie -o x --next -sS -b '' {nginx}/cookies"),
            Line("-sS --fail-early http://127.0.0.1:1/ {nginx}/method"),
            Line("-K -", input: "url = {echo}\n-s\nheader=\"A: \\\"b\\\"\"\ndata = \"x y\"\n"),
            Line("-sS -K - {echo}", input: "# nothing\n\n  request:DELETE\nuser-agent \"my agent\"\n"),
            Line("-sS -K - {nginx}/method", input: "url {nginx}/host\nnext\n-X DELETE\n"),
            Line("-sS -K missing {echo}"), Line("-sS {nginx}/method {nginx}/nope -f"),
        ])
    func next(_ line: Line) async throws { try await compare(line) }

    @Test(
        "transfers at the same time",
        arguments: [
            Line("-sSZ {nginx}/{method,host,query} -o '#1'"), Line("-sSZ --parallel-max 2 {nginx}/bytes/[0-9] -o '#1'"),
            Line("-sSZ {nginx}/method -o a --next -sS {nginx}/host -o b"),
            Line("-sZ {nginx}/method http://127.0.0.1:1/ -o a -o b"),
            Line("-sSZ --parallel-immediate -o a -o b {nginx}/method {nginx}/host"),
            Line("-sZ -f {nginx}/status/404 -o a"),
        ])
    func parallel(_ line: Line) async throws { try await compare(line) }

    @Test(
        "resuming",
        arguments: [
            Line("-sS -r 0-99 -o x {nginx}/text --next -sS -C - -o x {nginx}/text"), Line("-sS -C 22500 {nginx}/text"),
            Line("-sS -C - -o new {nginx}/text"), Line("-sS -C 22528 -o x {nginx}/text"),
            Line("-sS -C 99999 -o x {nginx}/text"),
            Line("-sS -C - -o x {nginx}/text {nginx}/text -o x"), Line("-sS -C - -o part.bin {echo}"),
            Line("-sS -C 4 {echo} -w '%{http_code}'"), Line("-sS -C 0 {echo}"), Line("-sS -C - {echo}"),
            Line("-sS -C 5 -H Expect: -T lines.txt {echo}"), Line("-sS -C - -H Expect: -T lines.txt {echo}"),
            Line("-sS -C x {echo}"), Line("-sS -I -C 5 {nginx}/text"),
            Line("-sS -C - -J -O {echo}"), Line("-sS -C 5 -o x {nginx}/status/404"),
            Line("-sS -f -C 5 -o x {nginx}/status/404"),
            Line("-sSL -C 22500 {nginx}/redirect/301"),
        ])
    func resume(_ line: Line) async throws { try await compare(line) }

    @Test(
        "time conditions",
        arguments: [
            Line("-sS -z 'Sun, 06 Nov 1994 08:49:37 GMT' {echo}"), Line("-sS -z '-06 Nov 1994 08:49' {echo}"),
            Line("-sS -z 19941106 {echo}"), Line("-sS -z nosuch {echo}"),
            Line("-s -z 'Tue, 01 Jan 2030' -w '%{http_code}' {nginx}/1k -o x"),
            Line("-sS -z '1 Jan 1990' -w '%{http_code}' {nginx}/1k -o x"),
            Line("-sS -z '-1 Jan 1990' -w '%{http_code}' {nginx}/1k -o x"),
            Line(
                "-sS -z '1 Jan 2030' '{hypercorn}/fields?last-modified=Sun,%2006%20Nov%201994%2008:49:37%20GMT' -w '%{http_code}'"
            ),
            Line(
                "-sS -z '1 Jan 1990' '{hypercorn}/fields?last-modified=Sun,%2006%20Nov%201994%2008:49:37%20GMT' -w '%{http_code}'"
            ),
            Line(
                "-sS -z '-1 Jan 1990' '{hypercorn}/fields?last-modified=Sun,%2006%20Nov%201994%2008:49:37%20GMT' -w '%{http_code}' -o x"
            ),
        ])
    func conditions(_ line: Line) async throws { try await compare(line) }

    @Test(
        "names that servers give",
        arguments: [
            Line("-sSOJ '{hypercorn}/fields?content-disposition=attachment;%20filename=x.txt'"),
            Line("-sSJO '{hypercorn}/fields?content-disposition=attachment;%20filename=%22a%20b.txt%22'"),
            Line("-sSJO '{hypercorn}/fields?content-disposition=attachment;%20filename=%22../../a.txt%22'"),
            Line("-sSJO '{hypercorn}/fields?content-disposition=attachment;%20filename=lines.txt'"),
            Line("-sSJO '{hypercorn}/fields?content-disposition=inline'"), Line("-sSJO {nginx}/method"),
            Line("-sSJ -o y '{hypercorn}/fields?content-disposition=attachment;%20filename=x.txt'"),
            Line("-sSOJi {nginx}/method"),
            Line(
                "-sSOJ --output-dir d --create-dirs '{hypercorn}/fields?content-disposition=attachment;%20filename=x'"),
            Line("-sS --no-clobber -o part.bin {nginx}/method -w '%{filename_effective}'"),
            Line("-sS --no-clobber -o new.bin {nginx}/method"), Line("-sS --remove-on-error -o x {hypercorn}/abort"),
            Line("-sS --remove-on-error -o x {nginx}/method"),
        ])
    func names(_ line: Line) async throws { try await compare(line) }

    @Test(
        "forms of every kind",
        arguments: [
            Line("-sS -F f=@lines.txt,data.json {echo}"),
            Line("-sS -F 'f=@lines.txt;type=a/b,data.json;filename=q' {echo}"),
            Line("-sS -F f=text;encoder=base64 {echo}"), Line("-sS -F 'f=@bytes.bin;encoder=base64;type=x/y' {echo}"),

            Line("-sS -F f=<lines.txt;encoder=7bit {echo}"), Line("-sS -F f=@bytes.bin;encoder=7bit {echo}"),
            Line("-sS -F f=x;encoder=nosuch {echo}"), Line("-sS -F f=x;headers=@fields2.txt {echo}"),
            Line("-sS -F 'm=(;type=multipart/mixed' -F '=x' -F b=@lines.txt -F '=)' -F z=1 {echo}"),
            Line("-sS -F '=(;type=multipart/alternative' -F '=plain' -F '=<lines.txt;type=text/html' -F '=)' {echo}"),
            Line("-sS -F f=x;nosuch=1 {echo}"), Line("-sS -F 'n\"x=1' {echo}"),
            Line("-sS -F 'f=@lines.txt;filename=\"a\\\"b.txt\"' {echo}"),
            Line("-sS -F f=@lines.txt,- {echo}", input: "from a pipe"),
            Line("-sS -F f=@lines.txt -H 'Content-Type: multipart/related' {echo}"),
            Line("-sS -F 'f=x;headers=X-A: b;headers=X-B: c' {echo}"), Line("-sS -F f=@ {echo}"),

        ])
    func forms(_ line: Line) async throws { try await compare(line) }

    @Test(
        "the rest",
        arguments: [
            Line("-sS --url-query a=b --url-query 'c d' {echo}"), Line("-sS --url-query +x=%20 '{echo}?q#f'"),
            Line("-sS -d x --url-query a=b {echo}"),
            Line("-sS --stderr /dev/null http://127.0.0.1:1/ -o /dev/null"),
            Line("-sS --raw -d abc {hypercorn}/mirror"), Line("-sS --raw {hypercorn}/bytes?size=10"),
            Line("-sS --raw {nginx}/method"),
            Line("-sS -Y 100 -y 1 {nginx}/stall -o x"), Line("-sS -y 1 {nginx}/hang"),
            Line("-sS -Y 1 -y 5 {nginx}/method"),
            Line("-s -# {nginx}/method"), Line("-sS --retry-connrefused --retry 1 --retry-delay 1 http://127.0.0.1:1/"),

            Line("-sS --max-filesize 1M {nginx}/1k -o x"),
            Line("-sS --interface host!127.0.0.1 {nginx}/method"), Line("-sS --interface if!lo {nginx}/method"),
            Line("-sS --connect-to '' {nginx}/method"),
            Line("-sS --connect-to localhost:{port}:127.0.0.1: {nginx}/host"),
            Line("-sS -w '%{size_request} %{num_certs} %{ftp_entry_path}|' -A tern {nginx}/method"),
            Line("-sS -w '%header{x-served-by} %{header_json}' {nginx}/method -o x -H 'Connection: close'"),
        ])
    func rest(_ line: Line) async throws { try await compare(line) }

    @Test("%{json} has curl's names, in its order")
    func json() async throws {
        let servers = try await Servers.shared()
        let words = Line("-sS -o /dev/null -w %{json} {nginx}/method").words(servers)
        func names(_ text: String) -> [Substring] {
            text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter {
                !$0.offset.isMultiple(of: 2)
            }.map(\.element)
                .filter { text.contains("\"\($0)\":") }
        }
        let curl = try await Command.run("curl", words)
        let tern = try await Command.run(Command.tern, words)
        #expect(names(curl.text) == names(tern.text), "\(tern.text)")
        #expect(names(tern.text).count == 41)
    }
}
