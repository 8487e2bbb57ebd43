/// Why a digest could not be made: libcrypto has no such function, in its FIPS mode say, or no memory.
package struct DigestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried, and what came back.
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
