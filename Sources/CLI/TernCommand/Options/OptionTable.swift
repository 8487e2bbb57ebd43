/// Every option of `tern URL`. Names and meanings are curl's; those that curl lacks are `--transport`, `--timeline`,
/// `--report` and `--completion`.
enum OptionTable {
    static let all: [OptionSpec] =
        request + body + credentials + connection + tls + proxy + time + output + several + about

    // To look through all of them costs less than to make a table for the few that a line has.
    static func option(long name: String) -> OptionSpec? { all.first { $0.long == name } }
    static func option(short letter: Character) -> OptionSpec? { all.first { $0.short == letter } }

    static let request: [OptionSpec] = [
        .option("request", "X", "METHOD", .request, "use this method") { $0.method = $1 },
        .option("header", "H", "FIELD", .request, "send 'Name: value'; 'Name:' removes, 'Name;' empties; @FILE reads") {
            $0.headers.append($1)
        },
        .flag("head", "I", .request, "ask for the head only") { $0.isHead = $1 },
        .option("user-agent", "A", "NAME", .request, "send this User-Agent; '' for none") { $0.userAgent = $1 },
        .option("referer", "e", "URL", .request, "send this Referer; ';auto' behind sets it on redirects") {
            $0.refersToHops = $1.hasSuffix(";auto")
            $0.referer = $0.refersToHops ? String($1.dropLast(5)) : $1
        },
        .option("range", "r", "RANGE", .request, "ask for these bytes only: 0-99, 100-, -5") { $0.range = $1 },
        .option("continue-at", "C", "OFFSET", .request, "go on at this byte; - goes on where the output file ends") {
            $0.resume = $1 == "-" ? .endOfFile : .offset(Int64(try OptionArgument.integer($1, "--continue-at")))
        },
        .option("time-cond", "z", "TIME", .request, "only if it is newer than this date or file; -TIME: than it") {
            $0.timeCondition = $1
        },
        .flag("compressed", .request, "ask for a compressed response, and decompress it") { $0.compressed = $1 },
        .option("request-target", "TARGET", .request, "send this target in place of the URL's path") {
            $0.requestTarget = $1
        },
        .flag("path-as-is", .request, "keep /../ and /./ in the path") { $0.pathAsIs = $1 },
        .option("url-query", "DATA", .request, "add this to the URL's query, percent-encoded; +DATA as it is") {
            $0.queryParts.append($1.hasPrefix("+") ? .text(String($1.dropFirst())) : OptionArgument.urlencoded($1))
        },
        .flag("globoff", "g", .request, "take {}[] in URLs as they are") { $0.globs = !$1 },
        .flag("location", "L", .request, "follow redirects") { $0.followsRedirects = $1 },
        .option("max-redirs", "NUMBER", .request, "follow at most so many (50); -1 for any number") {
            $0.maxRedirects = try OptionArgument.integer($1, "--max-redirs", allowsAny: true)
        },
    ]

    static let body: [OptionSpec] = [
        .option("data", "d", "DATA", .body, "POST this form data; @FILE reads it, @- from standard input") {
            $0.data.append(OptionArgument.data($1, stripsLines: true))
        },
        .option("data-ascii", "DATA", .body, "the same as --data") {
            $0.data.append(OptionArgument.data($1, stripsLines: true))
        },
        .option("data-raw", "DATA", .body, "POST this; @ has no meaning") { $0.data.append(.text($1)) },
        .option("data-binary", "DATA", .body, "POST this; @FILE is sent as it is") {
            $0.data.append(OptionArgument.data($1, stripsLines: false))
        },
        .option("data-urlencode", "DATA", .body, "POST this, percent-encoded: value, name=value, name@file") {
            $0.data.append(OptionArgument.urlencoded($1))
        },
        .option("json", "DATA", .body, "POST this JSON, and ask for JSON") {
            $0.isJSON = true
            $0.data.append(OptionArgument.data($1, stripsLines: false))
        },
        .flag("get", "G", .body, "put the data into the URL's query, and GET") { $0.dataInQuery = $1 },
        .option("form", "F", "NAME=VALUE", .body, "POST a multipart form: name=text, name=@file, name=<file") {
            $0.form.append(try FormField($1))
        },
        .option("form-string", "NAME=TEXT", .body, "a form field; @, < and ; have no meaning") {
            $0.form.append(try FormField(plain: $1))
        },
        .option("upload-file", "T", "FILE", .body, "PUT this file, once for each URL; - for standard input") {
            $0.uploads.append($1)
        },
        .option("expect100-timeout", "SECONDS", .body, "with -H 'Expect: 100-continue', wait so long for it (1)") {
            $0.expectTimeout = try OptionArgument.seconds($1, "--expect100-timeout")
        },
    ]

    static let time: [OptionSpec] = [
        .option("max-time", "m", "SECONDS", .time, "give up after so long, all included") {
            $0.maxTime = try OptionArgument.limit($1, "--max-time")
        },
        .option("connect-timeout", "SECONDS", .time, "give up connecting after so long") {
            $0.connectTimeout = try OptionArgument.limit($1, "--connect-timeout")
        },
        .option("speed-limit", "Y", "SPEED", .time, "give up if fewer bytes a second come for --speed-time") {
            $0.speedLimit = Int64(try OptionArgument.integer($1, "--speed-limit"))
        },
        .option("speed-time", "y", "SECONDS", .time, "how long --speed-limit lets it be too slow (30)") {
            $0.speedTime = try OptionArgument.integer($1, "--speed-time")
        },
        .option("limit-rate", "SPEED", .time, "bytes a second at most, with k, M or G") {
            $0.limitRate = try OptionArgument.bytes($1, "--limit-rate")
        },
        .option("max-filesize", "BYTES", .time, "refuse a longer body (63)") {
            $0.maxFileSize = try OptionArgument.bytes($1, "--max-filesize")
        },
        .option("retry", "NUMBER", .time, "try again so often after passing failures") {
            $0.retry.limit = try OptionArgument.integer($1, "--retry")
        },
        .option("retry-delay", "SECONDS", .time, "wait so long in between, in place of growing times") {
            $0.retry.delay = try OptionArgument.limit($1, "--retry-delay")
        },
        .option("retry-max-time", "SECONDS", .time, "begin no further try after so long") {
            $0.retry.longest = try OptionArgument.limit($1, "--retry-max-time")
        },
        .flag("retry-connrefused", .time, "a refused connection is a passing failure, too") {
            $0.retry.afterRefusal = $1
        },
        .flag("retry-all-errors", .time, "every failure is a passing one") { $0.retry.afterAnything = $1 },
    ]

    static let several: [OptionSpec] = [
        .flag("parallel", "Z", .several, "carry out all transfers at the same time") { $0.global.isParallel = $1 },
        .option("parallel-max", "NUMBER", .several, "so many at once at most (50)") {
            let limit = try OptionArgument.integer($1, "--parallel-max")
            $0.global.parallelLimit = (1...300).contains(limit) ? limit : 50
        },
        .flag("parallel-immediate", .several, "prefer new connections, which is a transport's matter here") { _, _ in },
        .flag("fail-early", .several, "end with the first transfer that fails") { $0.global.failsEarly = $1 },
        OptionSpec(
            long: "next", short: ":", argument: nil, group: .several,
            help: "what follows is a request of its own, with options of its own", action: .next),
        OptionSpec(
            long: "config", short: "K", argument: "FILE", group: .several,
            help: "read options from this file; - for standard input", action: .config),
        .flag("disable", "q", .several, "as the first: do not read ~/.curlrc") { _, _ in },
        .option("url", "URL", .several, "a URL; the same as one without an option") { $0.urls.append($1) },
    ]

    static let about: [OptionSpec] = [
        OptionSpec(
            long: "help", short: "h", argument: nil, group: .about,
            help: "show this, or one group of it: --help tls", action: .help),
        .flag("version", "V", .about, "show versions, and what each transport can do here") {
            $0.global.page = $1 ? .version : nil
        },
        .flag("manual", "M", .about, "write the manual page") { $0.global.page = $1 ? .manual : nil },
        .option("completion", "SHELL", .about, "write completions for bash, zsh or fish") {
            $0.global.page = .completion($1)
        },
    ]
}
