/// Something that learns from servers what is worth keeping when the process ends: which of them offer HTTP/3
/// (RFC 7838), or want to be asked over TLS alone (RFC 6797). A transport that conforms has its knowledge saved and loaded
/// with the state of its session.
public protocol LearnedState: Sendable {
    /// Under which name it is kept: the same in every process, and no other's.
    var learnedStateName: String { get }

    /// What is worth keeping at `wallSeconds` since 1970, as text; the form is its own affair, and should tell its
    /// version.
    func learnedState(at wallSeconds: Int64) -> String

    /// Takes back what was kept. Throws, and changes nothing, if `text` is damaged or of a later version.
    func restoreLearnedState(_ text: String, at wallSeconds: Int64) throws
}
