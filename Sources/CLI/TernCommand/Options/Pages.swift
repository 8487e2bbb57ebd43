/// Pages that are shown in place of a request.
enum Pages {
    static func text(_ page: GlobalOptions.Page) throws -> String {
        switch page {
        case .help(let topic): try Help.text(topic)
        case .version: VersionText.text
        case .manual: ManualPage.text
        case .completion(let shell): try Completions.text(for: shell)
        }
    }
}
