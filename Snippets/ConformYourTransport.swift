// Docs/Testing.md: whether a transport keeps the rules. In a test, run `check.run()` for each of `subject.checks`.
import NativeH2Transport
import TransportConformance

// snippet.subject
let subject = ConformanceSubject("MyTransport") { NativeH2Transport() }
let report = await ConformanceReport([subject], prefix: "trailers")
print(report.summary)
// snippet.hide
