import CLinux
import Glibc

/// Hears from the system when the machine's addresses or ways change: a cable, a wireless network, a tunnel. What that
/// means for a connection, a new socket to the same peer tells. Used on the loop.
@safe
package final class AddressWatch: ReadinessHandler {
    private let descriptor: Int32
    private let loop: IOLoop
    private let changed: () -> Void

    /// Groups of messages of NETLINK_ROUTE: addresses and routes of both families (rtnetlink(7)).
    private static let groups: UInt32 = 0x10 | 0x100 | 0x40 | 0x400

    /// A watch that calls `changed` once for each burst of news; nil where the system has none to give.
    package init?(on loop: IOLoop, changed: @escaping () -> Void) {
        descriptor = tern_route_news(AddressWatch.groups)
        self.loop = loop
        self.changed = changed
        guard descriptor >= 0 else { return nil }
        do { try loop.watch(descriptor, .read, self) } catch {
            Glibc.close(descriptor)
            return nil
        }
    }

    /// Ends the watch.
    package func stop() { loop.unwatch(descriptor) }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    package func ready(_ descriptor: Int32, _ readiness: Readiness) {
        var room = [UInt8](repeating: 0, count: 8192)
        // What it says in detail does not matter; ENOBUFS says that some of it was lost.
        while unsafe recv(descriptor, &room, room.count, 0) > 0 || errno == ENOBUFS {}
        changed()
    }
}
