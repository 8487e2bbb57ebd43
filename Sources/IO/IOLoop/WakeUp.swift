import CLinux
import Glibc
import Threads

/// An eventfd that ends the loop's wait. A class, because who is about to write holds it: were it closed by the loop
/// alone, a late write could hit a descriptor that somebody else has got under the same number.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(LoopError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw LoopError(.startFailed, "eventfd: \(errorText(errno))") }
    }

    deinit { close(descriptor) }

    func callAsFunction() { eventfd_write(descriptor, 1) }
}
