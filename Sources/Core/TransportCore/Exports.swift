// A transport's author imports this module alone: the currency types come with it.
@_exported public import HTTPTypes
@_exported public import Names
@_exported public import Wire
