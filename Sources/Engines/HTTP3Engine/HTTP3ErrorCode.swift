package import HTTPTypes

extension HTTP3ErrorCode {
    /// A code as it came from the wire, where nothing larger than 62 bits can stand; what is larger is cut.
    package init(wire code: UInt64) { self.init(rawValue: code & 0x3FFF_FFFF_FFFF_FFFF) }
}
