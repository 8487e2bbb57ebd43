import PackagePlugin

@main struct Layers: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) throws {}
}
