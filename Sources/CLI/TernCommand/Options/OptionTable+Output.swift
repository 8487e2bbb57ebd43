/// Options about what is shown and where it goes.
extension OptionTable {
    static let output: [OptionSpec] = [
        .option(
            "output", "o", "FILE", .output, "write the body to this file, once for each URL; #1 is the first glob's"
        ) {
            $0.outputs.append(.file($1))
        },
        .flag("remote-name", "O", .output, "write the body to a file named as in the URL") {
            if $1 { $0.outputs.append(.remoteName) }
        },
        .flag("remote-name-all", .output, "--remote-name for all URLs") { $0.remoteNameForAll = $1 },
        .flag("remote-header-name", "J", .output, "with -O, take the name that Content-Disposition gives") {
            $0.namedByServer = $1
        },
        .option("output-dir", "FOLDER", .output, "where output files go") { $0.outputFolder = $1 },
        .flag("create-dirs", .output, "make the folders of the output file") { $0.createDirs = $1 },
        .flag("clobber", .output, "write over files that are there; --no-clobber takes another name") {
            $0.overwrites = $1
        },
        .flag("remove-on-error", .output, "remove the output file if the transfer fails") { $0.removesOnError = $1 },
        .flag("include", "i", .output, "show the response's head, too") { $0.include = $1 },
        .option("dump-header", "D", "FILE", .output, "write the head to this file") { $0.dumpHeader = $1 },
        .flag("raw", .output, "keep transfer codings, such as chunks, as they came") { $0.raw = $1 },
        .flag("fail", "f", .output, "a status of 400 or more is an error (22)") { $0.fail = $1 },
        .flag("fail-with-body", .output, "the same, but show the body") { $0.failWithBody = $1 },
        .option("write-out", "w", "FORMAT", .output, "at the end, write this: %{http_code} and so on; @FILE reads it") {
            $0.writeOut = $1
        },
        .flag("timeline", .output, "at the end, show the phases with their times") { $0.timeline = $1 },
        .option("report", "json", .output, "write an object about the exchange in place of the body") {
            $0.report = $1
        },
        .flag("silent", "s", .output, "no progress, no messages") { $0.global.silent = $1 },
        .flag("show-error", "S", .output, "messages even with --silent") { $0.global.showError = $1 },
        .flag("verbose", "v", .output, "tell what happens") { $0.global.verbose = $1 },
        .option("stderr", "FILE", .output, "write messages to this file; - for standard output") {
            $0.global.errorFile = $1
        },
        .flag("progress-bar", "#", .output, "a bar on a terminal, the default") { $0.global.showsMeter = $1 },
        .flag("progress-meter", .output, "a bar on a terminal; --no-progress-meter for none") {
            $0.global.showsMeter = $1
        },
        .flag("no-buffer", "N", .output, "write at once, which is always so") { _, _ in },
    ]
}
