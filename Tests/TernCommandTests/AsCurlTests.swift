import TestKit
import Testing

/// The same command line with `curl` and `tern` against the same server: what arrived, what was printed, which files
/// came, and how it ended.
@Suite("as curl does it", .requires(.curl, .nginx, .hypercorn))
struct AsCurlTests {
    private func compare(_ line: Line) async throws {
        let (curl, tern, said) = try await line.outcomes()
        #expect(tern == curl, "tern said: \(said)")
    }

    @Test(
        "bodies from the command line, files and standard input",
        arguments: [
            Line("-sS -d a=1 {echo}"), Line("-sS -XPATCH -d a=1 {echo}"), Line("-sS -X DELETE {echo}"),
            Line("-sS -d a=1 -d b=2 {echo}"), Line("-sS -d @lines.txt {echo}"),
            Line("-sS --data-binary @lines.txt {echo}"),
            Line("-sS --data-raw @lines.txt {echo}"), Line("-sS --data-ascii @lines.txt {echo}"),
            Line("-sS -d @- {echo}", input: "abc\n"), Line("-sS -d '' {echo}"), Line("-sS -d a -d '' -d b {echo}"),
            Line("-sS --data-urlencode 'a b&c' {echo}"), Line("-sS --data-urlencode '=a b' {echo}"),
            Line("-sS --data-urlencode 'n=a b&c=ü~-._' {echo}"), Line("-sS --data-urlencode @lines.txt {echo}"),
            Line("-sS --data-urlencode n@bytes.bin {echo}"), Line("-sS --data-urlencode 'a b' -d raw {echo}"),
            Line("-sS --json {\"a\":1} {echo}"), Line("-sS --json {\"a\": --json 1} {echo}"),
            Line("-sS --json @data.json {echo}"), Line("-sS --json {} -H 'Accept: a/b' -H 'Content-Type: c/d' {echo}"),
            Line("-sS --json {} -X PUT {echo}"), Line("-sS -G -d a=1 -d b=2 {echo}"), Line("-sS -G -d a=1 {echo}?x=y"),
            Line("-sS -G -d a=1 {echo}?x=y#part"), Line("-sS -G --data-urlencode 'a=b c' {echo}"),
            Line("-sS -G {echo}"),
            Line("-sS -XGET -d x {echo}"), Line("-sS -d a=1 -H 'Transfer-Encoding: chunked' {echo}"),
            Line("-sS -H Expect: -T lines.txt {hypercorn}/up/"), Line("-sS -H Expect: -T lines.txt {hypercorn}"),
            Line("-sS -H Expect: -T lines.txt {hypercorn}/up/?q=1"), Line("-sS -H Expect: -T lines.txt -X POST {echo}"),
            Line("-sS -H Expect: -T - {echo}", input: "hello"),
            Line("-sS -H 'Expect: 100-continue' -T lines.txt {echo}"),
            Line("-sS -T missing {echo}"), Line("-sS -F a=1 -d b=2 {echo}"), Line("-sS -I -d a=1 {echo}"),
        ])
    func bodies(_ line: Line) async throws { try await compare(line) }

    @Test(
        "forms",
        arguments: [
            Line("-sS -F a=1 -F b=2 {echo}"), Line("-sS -F f=@lines.txt {echo}"), Line("-sS -F f=@bytes.bin {echo}"),
            Line("-sS -F f=@lines.txt;type=text/x {echo}"), Line("-sS -F f=@lines.txt;filename=other.bin {echo}"),
            Line("-sS -F f=@lines.txt;filename=\"o;ther.bin\";type=a/b {echo}"), Line("-sS -F f=<lines.txt {echo}"),
            Line("-sS -F f=<lines.txt;type=text/html {echo}"), Line("-sS -F f=@- {echo}", input: "hello"),
            Line("-sS -F f=@-;filename=x.png {echo}", input: "hello"), Line("-sS -F f=<- {echo}", input: "hello"),
            Line("-sS -F f=text;filename=x.html {echo}"), Line("-sS -F f=<data.json;filename=x {echo}"),
            Line("-sS -F f=text;type=text/html {echo}"), Line("-sS -F f=a;b {echo}"),
            Line("-sS -F f=\"a;b\";type=x/y {echo}"), Line("-sS -F f=@missing {echo}"), Line("-sS -F nothing {echo}"),
            Line("-sS --form-string f=@lines.txt;type=x {echo}"), Line("-sS -F f=@data.json {echo}"),
            Line("-sS -F 'f=a;headers=\"X-A: b\"' {echo}"),
            Line("-sS -F a=1 -H 'Content-Type: multipart/form-data' {echo}"),
            Line("-sS -F f=a;type=text/plain;charset=utf-8;filename=x {echo}"),
        ])
    func forms(_ line: Line) async throws { try await compare(line) }

    @Test(
        "fields",
        arguments: [
            Line("-sS {echo}"), Line("-sS -H 'X-A: 1' -H 'X-A: 2' {echo}"), Line("-sS -H X-A:1 {echo}"),
            Line("-sS -H 'X-A:   spaced  ' {echo}"), Line("-sS -H X-A; {echo}"), Line("-sS -H X-A: {echo}"),
            Line("-sS -H X-A {echo}"), Line("-sS -H '' {echo}"), Line("-sS -H 'X: a' -H X: {echo}"),
            Line("-sS -H @fields.txt {echo}"), Line("-sS -H 'Host: other.example' {echo}"),
            Line("-sS -H 'host: a' -H 'Host: b' {echo}"), Line("-sS -H 'User-Agent: me' {echo}"),
            Line("-sS -H User-Agent: {echo}"), Line("-sS -A me {echo}"), Line("-sS -A '' {echo}"),
            Line("-sS -A me -H 'User-Agent: you' {echo}"), Line("-sS -H Accept: {echo}"),
            Line("-sS -H 'Accept: a/b' {echo}"),
            Line("-sS -H Accept; {echo}"), Line("-sS -d a=1 -H 'Content-Type: x/y' {echo}"),
            Line("-sS -d a=1 -H Content-Type: {echo}"), Line("-sS -H 'Content-Type: x/y' {echo}"),
            Line("-sS -d a=1 -H 'Content-Length: 3' {echo}"), Line("-sS -H 'Connection: close' {echo}"),
            Line("-sS -e http://from.test/ {echo}"), Line("-sS -e '' {echo}"), Line("-sS -r 5 {echo}"),
            Line("-sS -r 0-1,4-5 {echo}"), Line("-sS -r 0-9 {nginx}/text"), Line("-sS -r -5 {nginx}/text"),
            Line("-sS -u a:b {echo}"), Line("-sS -u a: {echo}"), Line("-sS -u ü:ö {echo}"), Line("-sS -u a:b:c {echo}"),
            Line("-sS --basic -u a:b {echo}"), Line("-sS --oauth2-bearer tok {echo}"),
            Line("-sS --oauth2-bearer tok -u a:b {echo}"), Line("-sS -u a:b -H 'Authorization: X' {echo}"),
            Line("-sS http://us%20er:pa%3ass@{echohost}/echo"), Line("-sS -u x:y http://us:pa@{echohost}/echo"),
            Line("-sS http://us@{echohost}/echo"), Line("-sS http://:pa@{echohost}/echo"),
            Line("-sS -b 'a=1; b=2' {echo}"), Line("-sS -b a=1 -H 'Cookie: c=3' {echo}"),
            Line("-sS -b cookies.txt {echo}"),
            Line("-sS -b missing {echo}"), Line("-sS --compressed -H 'Accept-Encoding: gzip' {echo}"),
        ])
    func fields(_ line: Line) async throws { try await compare(line) }

    @Test(
        "URLs and targets",
        arguments: [
            Line("-sS {echohost}/echo"), Line("-sS {hypercorn}"), Line("-sS {hypercorn}?x"),
            Line("-sS {hypercorn}/a/../b"),
            Line("-sS --path-as-is {hypercorn}/a/../b"), Line("-sS {hypercorn}/a/./b/%2e%2e/c"),
            Line("-sS --request-target /x?y {echo}"), Line("-sS --request-target * -X OPTIONS {echo}"),
            Line("-sS -g {hypercorn}/{a}[1]"), Line("-sS {echo}#part"), Line("-sS --url {echo}"), Line("-sS -- {echo}"),
            Line("-sSX PUT -d x {echo}"), Line("-sSHa:b {echo}"), Line("-sS --no-compressed {echo}"),
            Line("-sS --no-silent --no-progress-meter {echo}"), Line("-q -sS {echo}"),
            Line("-sS --compres {nginx}/text -o x"),
            Line("-sS --resolve other.test:{port}:127.0.0.1 http://other.test:{port}/host"),
            Line("-sS --resolve *:{port}:127.0.0.1 http://other.test:{port}/host"),
            Line("-sS --connect-to other.test:80:localhost:{port} http://other.test/host"),
            Line("-sS --connect-to ::localhost:{port} http://other.test/host"),
            Line("-sS --interface lo {nginx}/method"),
            Line("-sS --interface 127.0.0.1 {nginx}/method"), Line("-sS -4 {nginx}/method"),
            Line("-sS --unix-socket {unix} http://localhost/host"), Line("-sS -k --http1.1 {tls}/protocol"),
            Line("-sS -k --http2 {tls}/protocol"), Line("-sS -k {tls}/protocol"),
            Line("-sS -k --http2 {http1}/protocol"),
            Line("-sS --http2-prior-knowledge {h2c}/protocol"),
        ])
    func targets(_ line: Line) async throws { try await compare(line) }

    @Test(
        "redirects",
        arguments: [
            Line("-sS {nginx}/redirect/301"), Line("-sSL {nginx}/redirect/301"), Line("-sSLd a=1 {nginx}/redirect/301"),
            Line("-sSLd a=1 {nginx}/redirect/302"), Line("-sSLd a=1 {nginx}/redirect/303"),
            Line("-sSLd a=1 {nginx}/redirect/307"), Line("-sSLd a=1 {nginx}/redirect/308"),
            Line("-sSL -X PUT -d a=1 {nginx}/redirect/302"), Line("-sSL -X POST -d a=1 {nginx}/redirect/302"),
            Line("-sSL -X DELETE {nginx}/redirect/303"), Line("-sSLi {nginx}/redirect/301"),
            Line("-sSL --max-redirs 5 {nginx}/redirect/chain/5"), Line("-sSL --max-redirs -1 {nginx}/redirect/chain/9"),
            Line("-sSL --max-redirs 2 -i {nginx}/redirect/chain/5"), Line("-sSL {nginx}/redirect/loop"),
            Line("-sSL -u a:b {nginx}/redirect/other-origin"), Line("-sSL -b x=1 {nginx}/redirect/with-cookie"),
            Line("-sSL -b '' {nginx}/redirect/with-cookie"), Line("-sSL {nginx}/redirect/with-cookie"),
            Line("-sSL {nginx}/redirect/to-file"), Line("-sSL -H Expect: -T lines.txt {nginx}/redirect/307"),
            Line("-sSL -H Expect: -T - {nginx}/redirect/303", input: "hello"),
            Line("-sSL -e http://from.test/;auto {hypercorn}/fields?location=/echo"),
        ])
    func redirects(_ line: Line) async throws { try await compare(line) }

    @Test(
        "where bodies and heads go",
        arguments: [
            Line("-sS -I {nginx}/1k"), Line("-sS -i {nginx}/1k"), Line("-sS -k -i {tls}/method"),
            Line("-sS -D - -o x {nginx}/method"), Line("-sS -D heads {nginx}/method {nginx}/protocol"),
            Line("-sS -o x {nginx}/method"), Line("-sS -i -o x {nginx}/method"),
            Line("-sS -o a/b/c --create-dirs {nginx}/1k"),
            Line("-sS -o a/b/c {nginx}/method"), Line("-sS -O {nginx}/method?x"), Line("-sS -O {nginx}/"),
            Line("-sS -o one -o two {nginx}/method {nginx}/protocol"),
            Line("-sS -o one {nginx}/method {nginx}/protocol"),
            Line("-sS -O -o x {nginx}/method {nginx}/protocol"),
            Line("-sS --remote-name-all {nginx}/method {nginx}/host"),
            Line("-sS --output-dir . -o x {nginx}/method"), Line("-sSLo x {nginx}/redirect/302"),
            Line("-sS -o x {nginx}/bytes/0"), Line("-sS -f {nginx}/status/404"), Line("-sS -f -i {nginx}/status/404"),
            Line("-sS -f -o x {nginx}/status/404"), Line("-sS --fail-with-body {nginx}/status/404"),
            Line("-sS -f {nginx}/status/404 {nginx}/method"), Line("-sS {nginx}/method {nginx}/status/404 -f"),
            Line("-sS --max-filesize 10 {nginx}/bytes/1000"), Line("-sS -o /dev/full {nginx}/method"),
            Line("-sS --compressed {nginx}/text -o x -D -"), Line("-sS --limit-rate 50k -o x {nginx}/bytes/16384"),
            Line("-sS --retry 1 {nginx}/status/404"), Line("-sS -N {nginx}/drip"),
        ])
    func outputs(_ line: Line) async throws { try await compare(line) }

    @Test(
        "--write-out",
        arguments: [
            "%{http_code} %{response_code} %{content_type} %{size_download} %{size_upload} %{size_header}",
            "%{num_connects} %{num_redirects} %{num_headers} %{http_version} %{method} %{scheme} %{exitcode}",
            "%{filename_effective} %{urlnum} %{url} %{remote_ip} %{remote_port} %{ssl_verify_result} %{errormsg}",
            "%{url_effective} %{redirect_url} %{referer} %{local_ip} %{http_connect}", "%%\\t|%x|\\q\\r\\n%{nope}|%",
            "%header{server}|%header{nope}|%{stderr}err%{stdout}out", "a%{onerror}b", "@format.txt",
        ])
    func writeOut(_ format: String) async throws {
        try await compare(Line("-sS -w '\(format)' -o x {nginx}/status/404"))
        try await compare(Line("-sSL -w '\(format)' -o x -d abc {nginx}/redirect/302"))
    }
}
