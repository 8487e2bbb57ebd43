import CLinux
import Glibc

/// A thread of the operating system that runs one closure. Whoever holds the handle may join it once; a handle that
/// is dropped lets the thread run on and clean up after itself.
///
/// SIGPIPE is blocked on it: a C library that writes to a socket whose peer is gone would otherwise end the process.
/// Only on our own threads, because the disposition of a signal belongs to the process, and a command-line tool that
/// writes to a closed pipe wants to die by it. SIGPIPE always goes to the thread that wrote, so this is enough.
package struct SystemThread: ~Copyable, Sendable {
    private let thread: pthread_t

    private final class Body {
        let name: String
        let run: () -> Void
        init(name: String, run: @escaping () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread; Linux shows the first 15 bytes of `name` in its lists.
    package init(name: String, _ run: sending @escaping () -> Void) throws(ThreadError) {
        let body = unsafe Unmanaged.passRetained(Body(name: name, run: run))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                SystemThread.blockSIGPIPE()
                _ = unsafe pthread_setname_np(pthread_self(), String(body.name.prefix(15)))
                body.run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            unsafe body.release()
            throw ThreadError(message: "starting the thread \(name): \(errorText(code))")
        }
        self.thread = thread
    }

    /// Returns when the thread has ended. Must not be called on that thread.
    package consuming func join() {
        _ = pthread_join(thread, nil)
        discard self
    }

    deinit { pthread_detach(thread) }

    /// The calling thread, as a number that no other running thread has.
    package static var current: UInt { UInt(pthread_self()) }

    /// The name of the calling thread, as Linux has it.
    package static var currentName: String {
        var name = [CChar](repeating: 0, count: 16)
        guard unsafe pthread_getname_np(pthread_self(), &name, name.count) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func blockSIGPIPE() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// A thread could not be started.
package struct ThreadError: Error, CustomStringConvertible {
    /// What was tried, and the system's words.
    package let message: String
    package var description: String { message }
}

/// The system's words for an error number, with the number: `No such file or directory (errno 2)`.
package func errorText(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "errno \(code)" }
    return unsafe "\(String(cString: text)) (errno \(code))"
}
