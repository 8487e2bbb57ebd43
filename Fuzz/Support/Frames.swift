/// Makes frames of HTTP/2 (RFC 9113 §4.1) of bytes that choose, so that most inputs are not refused at the first one.
package enum Frames {
    /// Two bytes of type and flags, one of stream, one of length, then that many bytes: again and again. Type 15 stands
    /// for bytes as they are.
    package static func make(of input: inout Input) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let type = input.choice()
            let (flags, stream, length) = (input.choice(), input.choice(), Int(input.choice()))
            let payload = input.take(length)
            if type & 15 == 15 {
                bytes += payload
            } else {
                let count = payload.count
                bytes += [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type % 11, flags]
                bytes += [0, 0, 0, stream % 16] + payload
            }
            if input.rest.isEmpty { return bytes }
        }
    }
}
