import CCurl
import TransportCore

/// The request's fields as the list that libcurl takes, in memory that is used again for the next request.
///
/// libcurl keeps the pointer until the transfer has ended, and changes nothing. `Name: value` sends a field, `Name;`
/// one with an empty value, `Name:` keeps libcurl from sending its own.
@safe final class HeaderList {
    private var bytes: UnsafeMutableRawBufferPointer
    private var used = 0
    private var offsets: [Int] = []
    /// Whether another field may stand in the line of the last one.
    private var isOpen = false
    private var nodes: UnsafeMutableBufferPointer<curl_slist>

    init() {
        unsafe bytes = .allocate(byteCount: 1024, alignment: 1)
        unsafe nodes = .allocate(capacity: 16)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe nodes.deallocate()
    }

    /// Empties the list.
    func clear() {
        used = 0
        offsets.removeAll(keepingCapacity: true)
        isOpen = false
    }

    /// Adds a line as it stands.
    func add(line: StaticString) {
        begin(line.utf8CodeUnitCount + 1)
        unsafe append(UnsafeRawBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount))
        end()
    }

    /// Adds a field with the bytes of its value.
    ///
    /// libcurl compares each line with all the names that it knows, several times over, and is not to be asked about
    /// names that mean nothing to it: with `isPlain`, the field goes behind the one before it, in the same line, where
    /// libcurl does not see it.
    func add(_ field: HTTPField, isPlain: Bool) {
        let name = field.name.rawName.utf8.span
        unsafe field.withUnsafeBytesOfValue { value in
            begin(name.count + value.count + 4, joins: isPlain && isOpen && !value.isEmpty)
            isOpen = isPlain && !value.isEmpty
            unsafe name.withUnsafeBufferPointer { unsafe append(UnsafeRawBufferPointer($0)) }
            if value.isEmpty {
                append(UInt8(ascii: ";"))
            } else {
                append(UInt8(ascii: ":"))
                append(UInt8(ascii: " "))
                unsafe append(UnsafeRawBufferPointer(value))
            }
            end()
        }
    }

    /// Adds `name: value`.
    func add(_ name: StaticString, _ value: String) {
        let value = value.utf8.span
        begin(name.utf8CodeUnitCount + value.count + 3)
        unsafe append(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        append(UInt8(ascii: ":"))
        append(UInt8(ascii: " "))
        unsafe value.withUnsafeBufferPointer { unsafe append(UnsafeRawBufferPointer($0)) }
        end()
    }

    /// The list as it is now, valid until the next change.
    func withList(_ body: (UnsafeMutablePointer<curl_slist>?) -> Void) {
        let count = offsets.count
        guard count > 0 else { return body(nil) }
        if unsafe nodes.count < count {
            unsafe nodes.deallocate()
            unsafe nodes = .allocate(capacity: count * 2)
        }
        guard let base = unsafe nodes.baseAddress, let text = unsafe bytes.baseAddress else { return body(nil) }
        for index in 0..<count {
            let next = unsafe index + 1 < count ? base + index + 1 : nil
            let data = unsafe (text + offsets[index]).assumingMemoryBound(to: CChar.self)
            unsafe (base + index).initialize(to: curl_slist(data: data, next: next))
        }
        unsafe body(base)
    }

    private func begin(_ count: Int, joins: Bool = false) {
        if unsafe used + count > bytes.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: (used + count) * 2, alignment: 1)
            unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[0..<used]))
            unsafe bytes.deallocate()
            unsafe bytes = larger
        }
        isOpen = false
        guard joins else { return offsets.append(used) }
        used -= 1
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }

    private func append(_ byte: UInt8) {
        unsafe bytes[used] = byte
        used += 1
    }

    private func append(_ source: UnsafeRawBufferPointer) {
        guard let from = source.baseAddress, let to = unsafe bytes.baseAddress else { return }
        unsafe (to + used).copyMemory(from: from, byteCount: source.count)
        used += source.count
    }

    private func end() { append(0) }
}

/// Strings that libcurl reads whenever it likes, as long as this object lives: the entries of `CURLOPT_RESOLVE`, say.
@safe final class StringList {
    private(set) var head: UnsafeMutablePointer<curl_slist>?

    init(_ strings: [String]) {
        for string in strings {
            if let longer = unsafe curl_slist_append(head, string) { unsafe head = longer }
        }
    }

    deinit { unsafe curl_slist_free_all(head) }
}
