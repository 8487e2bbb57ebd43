/// What a watcher of a descriptor wants to be told. With none it is told nothing, not even that the peer hung up: a
/// reader that pauses costs nothing.
package struct Interest: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Bytes can be read, a connection accepted, or the end of the stream has come.
    package static let read = Interest(rawValue: 1)
    /// Bytes can be written, or a connection attempt has ended.
    package static let write = Interest(rawValue: 2)
}

/// What a descriptor is ready for. Level-triggered: told again each turn until it is no longer so.
package struct Readiness: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read = Readiness(rawValue: 1)
    package static let write = Readiness(rawValue: 2)
    /// The socket has an error; told whatever the interest, unless that is empty.
    package static let error = Readiness(rawValue: 4)
    /// Both directions are closed; told whatever the interest, unless that is empty.
    package static let hangup = Readiness(rawValue: 8)
    /// What is told whatever the interest.
    static let always = Readiness(rawValue: 12)
}

/// Is told on the loop that a descriptor is ready. The loop keeps it alive while the descriptor is watched.
package protocol ReadinessHandler: AnyObject {
    /// May watch, unwatch and close any descriptor: what was found ready of it in the same turn is then forgotten.
    func ready(_ descriptor: Int32, _ readiness: Readiness)
}
