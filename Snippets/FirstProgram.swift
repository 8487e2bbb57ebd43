// A GET, its JSON, and a POST. The README shows it: swift run FirstProgram URL
import Tern

struct Bird: Codable { var name: String }

let session = Session()
let page = try await session.get(CommandLine.arguments.last ?? "", timeout: .seconds(10)).checkStatus()
print(page.status, page.version, page.bytes.count)

let bird = Bird(name: "tern")
let made = try await session.post("https://api.example/birds", .json(bird), headers: ["X-Tag": "1"])
print(try made.json(as: Bird.self).name)
await session.close()
