// A test of a client needs methods, fields and statuses, and mostly a session.
@_exported public import TernCore
