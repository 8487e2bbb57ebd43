/// One transfer to be made: an expanded URL with its upload and where its answer goes.
struct PlannedTransfer: Sendable {
    /// As the URL stands after expansion.
    var url: String
    /// The file to upload, expanded; `nil` for none.
    var upload: String?
    var output: OutputChoice?
    /// The number of its URL on the command line, from 0.
    var number: Int
    /// Which of the expansions it is, from 1, and of how many.
    var position: (index: Int, count: Int)
}

/// The transfers of an invocation, one after the other: for each URL, for each of the files to upload that go with
/// it, for each expansion. `-o` and `-T` belong to URLs by their order.
struct TransferPlan: Sequence, Sendable {
    let invocation: Invocation

    func makeIterator() -> Iterator { Iterator(invocation: invocation) }

    struct Iterator: IteratorProtocol {
        fileprivate let invocation: Invocation
        private var number = -1
        private var uploads = URLGlob(plain: "")
        private var urls = URLGlob(plain: "")
        private var upload = 0
        private var url = 0
        private var hasUpload = false
        private var failure: (any Error)?

        fileprivate init(invocation: Invocation) { self.invocation = invocation }

        /// The next one, or why its URL cannot be expanded.
        mutating func next() -> Result<PlannedTransfer, any Error>? {
            while number < 0 || upload >= uploads.count {
                number += 1
                guard invocation.urls.indices.contains(number) else { return nil }
                do { try open() } catch {
                    (upload, uploads) = (1, URLGlob(plain: ""))
                    return .failure(error)
                }
            }
            let file = uploads[upload].text
            let expansion = urls[url]
            let planned = PlannedTransfer(
                url: expansion.text, upload: hasUpload ? file : nil, output: output(expansion.values), number: number,
                position: (url + 1, urls.count))
            url += 1
            if url >= urls.count { (url, upload) = (0, upload + 1) }
            return .success(planned)
        }

        private mutating func open() throws {
            let text = invocation.urls[number]
            urls = invocation.globs ? try URLGlob(text) : URLGlob(plain: text)
            let file = invocation.uploads.indices.contains(number) ? invocation.uploads[number] : ""
            hasUpload = !file.isEmpty
            uploads = invocation.globs && hasUpload ? try URLGlob(file) : URLGlob(plain: file)
            (upload, url) = (0, 0)
        }

        private func output(_ values: [String]) -> OutputChoice? {
            guard invocation.outputs.indices.contains(number) else {
                return invocation.remoteNameForAll ? .remoteName : nil
            }
            switch invocation.outputs[number] {
            case .file(let name): return .file(invocation.globs ? URLGlob.fill(name, values) : name)
            case .remoteName: return .remoteName
            }
        }
    }
}
