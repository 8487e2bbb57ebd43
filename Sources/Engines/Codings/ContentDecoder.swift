/// Undoes the codings of a body, as it comes in, and never holds more decoded bytes than it is asked for.
///
/// Give what came in to ``feed(_:)``, take with ``next(upTo:)`` until that gives nil, and so on; at the end of the
/// body ``finish()`` says whether it was whole. An error is final: it is thrown again by every later call. A body
/// without a single byte is whole under every coding, since servers send that with `Content-Encoding` too.
///
/// Between two stacked codings lie at most 16 KiB; each decoder has its window besides (32 KiB for gzip and deflate,
/// up to 16 MiB for br, 8 MiB for zstd).
package struct ContentDecoder: ~Copyable, @unchecked Sendable {  // the stages are reached through this value alone
    /// What a body may become.
    package struct Limits: Hashable, Sendable {
        /// The most bytes that decoding may give. No limit unless set.
        package var maximumSize: Int = .max
        /// The most bytes that one byte of the wire may become: 200. Text and JSON stay below 30, and a body of zeros
        /// makes 1,000 in gzip, and a million in br.
        package var maximumRatio: Int = 200
        /// Up to so many bytes the ratio does not count: 1 MiB, for small bodies of much the same.
        package var ratioFloor: Int = 1 << 20
        /// The most codings on one body: 5; no server has a reason for more than two.
        package var maximumCodings: Int = 5

        /// The default limits.
        package init() {}
    }

    private struct Stage {
        let coding: ContentCoding
        let decoder: any StreamDecoder
        var input = PendingBytes()
        var received = false
        var mayHoldOutput = false
        var produced = 0

        mutating func receive(_ bytes: [UInt8]) {
            input.append(bytes)
            received = received || !bytes.isEmpty
        }
    }

    private static let between = 16_384

    private let limits: Limits
    private var stages: [Stage] = []
    private var failure: CodingError?
    /// How many bytes came in so far.
    package private(set) var wireBytes = 0
    /// How many bytes were given so far.
    package private(set) var decodedBytes = 0
    /// What was fed and not yet given, if there is no coding at all.
    private var plain = PendingBytes()

    /// - Parameters:
    ///   - codings: in the order in which they were applied, as `Content-Encoding` lists them.
    ///   - limits: when to give up.
    /// - Throws: `tooManyCodings`, or `unavailable`.
    package init(codings: [ContentCoding], limits: Limits = Limits()) throws(CodingError) {
        self.limits = limits
        guard codings.count <= limits.maximumCodings else {
            throw .tooManyCodings(codings.count, limit: limits.maximumCodings)
        }
        for coding in codings.reversed() {
            stages.append(Stage(coding: coding, decoder: try coding.makeDecoder()))
        }
    }

    /// Takes what came in next; the bytes are kept, not copied, if all before them was used.
    package mutating func feed(_ bytes: [UInt8]) {
        wireBytes += bytes.count
        if stages.isEmpty {
            plain.append(bytes)
        } else {
            stages[0].receive(bytes)
        }
    }

    /// Gives the next decoded bytes, 1 to `count` of them; nil if more must come in first, or the body is at its end.
    package mutating func next(upTo count: Int) throws(CodingError) -> [UInt8]? {
        if let failure { throw failure }
        do throws(CodingError) {
            let output =
                stages.isEmpty ? plain.take(upTo: max(count, 1)) : try pull(stages.count - 1, upTo: max(count, 1))
            decodedBytes += output.count
            guard decodedBytes <= limits.maximumSize else { throw .tooLarge(limit: limits.maximumSize) }
            return output.isEmpty ? nil : output
        } catch {
            failure = error
            stages = []
            plain = PendingBytes()
            throw error
        }
    }

    /// Says that nothing more comes in, once ``next(upTo:)`` gave nil.
    ///
    /// - Throws: `truncated` if a coding is in its middle.
    package mutating func finish() throws(CodingError) {
        if let failure { throw failure }
        for stage in stages where stage.received && !stage.decoder.isComplete {
            failure = .truncated(stage.coding)
            throw .truncated(stage.coding)
        }
    }

    /// Decodes a whole body at once; see ``init(codings:limits:)`` for the order of the codings.
    package static func decodeWhole(
        _ bytes: [UInt8], codings: [ContentCoding], limits: Limits = Limits()
    ) throws(CodingError) -> [UInt8] {
        var decoder = try ContentDecoder(codings: codings, limits: limits)
        decoder.feed(bytes)
        var whole: [UInt8] = []
        while let chunk = try decoder.next(upTo: 65_536) {
            if whole.isEmpty { whole = chunk } else { whole += chunk }
        }
        try decoder.finish()
        return whole
    }

    /// The next output of a stage; empty if it needs input that no earlier stage has.
    private mutating func pull(_ index: Int, upTo count: Int) throws(CodingError) -> [UInt8] {
        while true {
            if stages[index].input.isEmpty, !stages[index].mayHoldOutput {
                guard index > 0 else { return [] }
                let more = try pull(index - 1, upTo: Self.between)
                guard !more.isEmpty else { return [] }
                stages[index].receive(more)
            }
            let output = try step(index, upTo: count)
            guard output.isEmpty else { return output }
        }
    }

    private mutating func step(_ index: Int, upTo count: Int) throws(CodingError) -> [UInt8] {
        let decoder = stages[index].decoder
        let input = stages[index].input
        var taken = 0
        var output = try [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) throws(CodingError) in
            taken = try decoder.step(input.bytes.span.extracting(input.offset...), into: &output)
        }
        guard taken > 0 || !output.isEmpty || input.isEmpty else {
            throw .corrupt(stages[index].coding, detail: "the decoder stands still")
        }
        stages[index].input.offset += taken
        stages[index].mayHoldOutput = output.count == count
        stages[index].produced += output.count
        try checkRatio(of: stages[index].produced)
        // What is kept should not hold the room that it did not need.
        if output.count < count / 2 { output = Array(output[...]) }
        return output
    }

    /// Checked between stages too: a bomb in a bomb swells before the last of them gives a byte.
    private func checkRatio(of produced: Int) throws(CodingError) {
        let used = wireBytes - stages[0].input.count
        guard produced > limits.ratioFloor, produced / limits.maximumRatio > used else { return }
        throw .ratioExceeded(decoded: produced, wire: used, limit: limits.maximumRatio)
    }
}
